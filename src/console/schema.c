#include "console/schema.h"

#define APPLICATION_ID 0x4c5a434eU /* "LZCN" */

/* Times are milliseconds since 1970 in UTC. Lists are walked by their integer id, newest first. */
static const char organisations[] =
    "CREATE TABLE organisation (id INTEGER PRIMARY KEY, name TEXT NOT NULL, created INTEGER NOT "
    "NULL) "
    "STRICT;"
    "CREATE TABLE account (id INTEGER PRIMARY KEY, organisation_id INTEGER NOT NULL REFERENCES "
    "organisation(id), name TEXT NOT NULL UNIQUE, role TEXT NOT NULL, password_hash TEXT NOT NULL, "
    "first_password INTEGER NOT NULL, created INTEGER NOT NULL, changed INTEGER NOT NULL) STRICT;"
    /* Sources from which somebody has opened this account: they keep a budget of their own. */
    "CREATE TABLE account_source (organisation_id INTEGER NOT NULL, account_id INTEGER NOT NULL "
    "REFERENCES account(id) ON DELETE CASCADE, source TEXT NOT NULL, seen INTEGER NOT NULL, "
    "PRIMARY KEY (account_id, source)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE session (digest BLOB PRIMARY KEY, organisation_id INTEGER NOT NULL, account_id "
    "INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE, created INTEGER NOT NULL, seen "
    "INTEGER NOT NULL, source TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX session_account ON session (account_id);";

/* The chain can only grow: its rows are neither changed nor removed, not even by a mistake of ours.
 */
static const char audit[] =
    "CREATE TABLE audit (organisation_id INTEGER NOT NULL REFERENCES organisation(id), seq INTEGER "
    "NOT "
    "NULL, time INTEGER NOT NULL, who TEXT NOT NULL, verb TEXT NOT NULL, object TEXT NOT NULL, "
    "detail "
    "TEXT NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (organisation_id, seq)) STRICT, WITHOUT ROWID;"
    "CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the "
    "audit "
    "log only grows'); END;"
    "CREATE TRIGGER audit_is_not_removed BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the "
    "audit "
    "log only grows'); END;";

static const char endpoints[] =
    "CREATE TABLE enrolment_token (digest BLOB PRIMARY KEY, organisation_id INTEGER NOT NULL "
    "REFERENCES organisation(id), created INTEGER NOT NULL, expires INTEGER NOT NULL, used "
    "INTEGER) "
    "STRICT, WITHOUT ROWID;"
    "CREATE TABLE endpoint (id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, organisation_id "
    "INTEGER "
    "NOT NULL REFERENCES organisation(id), name TEXT NOT NULL, os TEXT NOT NULL, kernel TEXT NOT "
    "NULL, "
    "version TEXT NOT NULL, enrolled INTEGER NOT NULL, last_seen INTEGER NOT NULL, state TEXT NOT "
    "NULL, "
    "mode TEXT NOT NULL, report TEXT NOT NULL, counters TEXT NOT NULL, content_built INTEGER NOT "
    "NULL) "
    "STRICT;"
    "CREATE INDEX endpoint_state ON endpoint (organisation_id, state);"
    /* One run of an agent's spool: seq is the highest number up to which everything is stored. */
    "CREATE TABLE stream (id INTEGER PRIMARY KEY, organisation_id INTEGER NOT NULL, endpoint_id "
    "INTEGER "
    "NOT NULL REFERENCES endpoint(id), epoch TEXT NOT NULL, seq INTEGER NOT NULL, UNIQUE "
    "(endpoint_id, "
    "epoch)) STRICT;"
    "CREATE TABLE gap (id INTEGER PRIMARY KEY, organisation_id INTEGER NOT NULL, stream_id INTEGER "
    "NOT "
    "NULL REFERENCES stream(id), first INTEGER NOT NULL, last INTEGER NOT NULL, time INTEGER NOT "
    "NULL) "
    "STRICT;";

static const char events[] =
    "CREATE TABLE incident (id INTEGER PRIMARY KEY AUTOINCREMENT, organisation_id INTEGER NOT "
    "NULL, "
    "endpoint_id INTEGER NOT NULL REFERENCES endpoint(id), key TEXT NOT NULL, kind INTEGER NOT "
    "NULL, "
    "severity INTEGER NOT NULL, state TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT "
    "NULL, "
    "opened INTEGER NOT NULL, events INTEGER NOT NULL, files INTEGER NOT NULL, rolled_back INTEGER "
    "NOT "
    "NULL, restored INTEGER NOT NULL, process TEXT, user TEXT, detections TEXT NOT NULL, actions "
    "TEXT NOT "
    "NULL, close_reason TEXT, comment TEXT, closed INTEGER, UNIQUE (endpoint_id, key)) STRICT;"
    "CREATE INDEX incident_state ON incident (organisation_id, state, id);"
    "CREATE INDEX incident_opened ON incident (organisation_id, opened);"
    /* Which files an incident has touched, as half a digest of the path, so that each counts once.
     */
    "CREATE TABLE incident_file (incident_id INTEGER NOT NULL REFERENCES incident(id), path_digest "
    "BLOB "
    "NOT NULL, organisation_id INTEGER NOT NULL, PRIMARY KEY (incident_id, path_digest)) STRICT, "
    "WITHOUT "
    "ROWID;"
    "CREATE TABLE event (id INTEGER PRIMARY KEY AUTOINCREMENT, organisation_id INTEGER NOT NULL, "
    "endpoint_id INTEGER NOT NULL, stream_id INTEGER NOT NULL, seq INTEGER NOT NULL, time INTEGER "
    "NOT "
    "NULL, received INTEGER NOT NULL, code TEXT NOT NULL, severity INTEGER NOT NULL, incident_id "
    "INTEGER, raw TEXT NOT NULL) STRICT;"
    "CREATE INDEX event_organisation ON event (organisation_id, id);"
    "CREATE INDEX event_endpoint ON event (endpoint_id, id);"
    "CREATE INDEX event_code ON event (organisation_id, code, id);"
    "CREATE INDEX event_incident ON event (incident_id, id) WHERE incident_id IS NOT NULL;"
    "CREATE TABLE activity (organisation_id INTEGER NOT NULL, hour INTEGER NOT NULL, events "
    "INTEGER NOT "
    "NULL, detections INTEGER NOT NULL, PRIMARY KEY (organisation_id, hour)) STRICT, WITHOUT "
    "ROWID;";

static const char orders[] =
    "CREATE TABLE quarantine (id INTEGER PRIMARY KEY AUTOINCREMENT, organisation_id INTEGER NOT "
    "NULL, "
    "endpoint_id INTEGER NOT NULL REFERENCES endpoint(id), quarantine_id TEXT NOT NULL, path TEXT "
    "NOT "
    "NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL, detections TEXT NOT NULL, time INTEGER NOT "
    "NULL, "
    "state TEXT NOT NULL, error TEXT, UNIQUE (endpoint_id, quarantine_id)) STRICT;"
    "CREATE INDEX quarantine_state ON quarantine (organisation_id, state, id);"
    "CREATE TABLE command (id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE, "
    "organisation_id INTEGER NOT NULL, endpoint_id INTEGER NOT NULL REFERENCES endpoint(id), kind "
    "TEXT NOT "
    "NULL, quarantine_id TEXT, state TEXT NOT NULL, created INTEGER NOT NULL, created_by TEXT NOT "
    "NULL, "
    "sent INTEGER, done INTEGER, code TEXT) STRICT;"
    "CREATE INDEX command_open ON command (endpoint_id, id) WHERE done IS NULL;";

/* Whose a used token was: the machine whose answer was lost asks again with the same key. */
static const char enrolment_again[] = "ALTER TABLE enrolment_token ADD COLUMN key_digest BLOB;"
                                      "ALTER TABLE enrolment_token ADD COLUMN endpoint_uuid TEXT;";

/* The overview looks for what weighs, however much else has come since. */
static const char weighty_events[] =
    "CREATE INDEX event_weighty ON event (organisation_id, id) WHERE severity >= 3;";

static const struct laz_db_migration migrations[] = {
    {"organisations", organisations},
    {"audit", audit},
    {"endpoints", endpoints},
    {"events", events},
    {"orders", orders},
    {"enrolment again", enrolment_again},
    {"weighty events", weighty_events},
};

enum laz_status laz_console_db_open(const char *path, struct laz_db **out, struct laz_error *err)
{
    struct laz_db_config config = {
        .path = path,
        .application_id = APPLICATION_ID,
        .migrations = migrations,
        .migration_count = sizeof migrations / sizeof *migrations,
    };

    return laz_db_open(&config, out, err);
}
