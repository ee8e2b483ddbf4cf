#include "rules/clamav_kind.h"

static const struct {
    const char *ending;
    struct laz_clamav_kind_info info;
} endings[] = {
    {".hdb", {LAZ_CLAMAV_HASHES, false}},       {".hsb", {LAZ_CLAMAV_HASHES, false}},
    {".hdu", {LAZ_CLAMAV_HASHES, true}},        {".hsu", {LAZ_CLAMAV_HASHES, true}},
    {".mdb", {LAZ_CLAMAV_SECTIONS, false}},     {".msb", {LAZ_CLAMAV_SECTIONS, false}},
    {".mdu", {LAZ_CLAMAV_SECTIONS, true}},      {".msu", {LAZ_CLAMAV_SECTIONS, true}},
    {".imp", {LAZ_CLAMAV_IMPORTS, false}},      {".sfp", {LAZ_CLAMAV_ALLOWED, false}},
    {".fp", {LAZ_CLAMAV_ALLOWED, false}},       {".ndb", {LAZ_CLAMAV_BODIES, false}},
    {".ndu", {LAZ_CLAMAV_BODIES, true}},        {".ldb", {LAZ_CLAMAV_LOGICAL, false}},
    {".ldu", {LAZ_CLAMAV_LOGICAL, true}},       {".cdb", {LAZ_CLAMAV_METADATA, false}},
    {".crb", {LAZ_CLAMAV_CERTIFICATES, false}}, {".idb", {LAZ_CLAMAV_ICONS, false}},
    {".ftm", {LAZ_CLAMAV_MAGIC, false}},        {".ign", {LAZ_CLAMAV_IGNORED, false}},
    {".ign2", {LAZ_CLAMAV_IGNORED, false}},     {".pdb", {LAZ_CLAMAV_PHISHING, false}},
    {".gdb", {LAZ_CLAMAV_BAD_URLS, false}},     {".wdb", {LAZ_CLAMAV_GOOD_URLS, false}},
    {".cfg", {LAZ_CLAMAV_SETTINGS, false}},     {".cbc", {LAZ_CLAMAV_BYTECODE, false}},
    {".pwdb", {LAZ_CLAMAV_PASSWORDS, false}},   {".info", {LAZ_CLAMAV_ABOUT, false}},
    {"COPYING", {LAZ_CLAMAV_ABOUT, false}},     {".cvd", {LAZ_CLAMAV_PACK, false}},
    {".cld", {LAZ_CLAMAV_LOCAL_PACK, false}},   {".cud", {LAZ_CLAMAV_LOCAL_PACK, false}},
};

static const char *const titles[LAZ_CLAMAV_KINDS] = {
    [LAZ_CLAMAV_NONE] = "",
    [LAZ_CLAMAV_HASHES] = "hash signatures",
    [LAZ_CLAMAV_SECTIONS] = "section hashes",
    [LAZ_CLAMAV_IMPORTS] = "import hashes",
    [LAZ_CLAMAV_ALLOWED] = "allowed hashes",
    [LAZ_CLAMAV_BODIES] = "body signatures",
    [LAZ_CLAMAV_LOGICAL] = "logical signatures",
    [LAZ_CLAMAV_METADATA] = "container signatures",
    [LAZ_CLAMAV_CERTIFICATES] = "certificates",
    [LAZ_CLAMAV_ICONS] = "icons",
    [LAZ_CLAMAV_MAGIC] = "file type magic",
    [LAZ_CLAMAV_IGNORED] = "ignored names",
    [LAZ_CLAMAV_PHISHING] = "phishing targets",
    [LAZ_CLAMAV_BAD_URLS] = "bad addresses",
    [LAZ_CLAMAV_GOOD_URLS] = "good addresses",
    [LAZ_CLAMAV_SETTINGS] = "settings",
    [LAZ_CLAMAV_BYTECODE] = "bytecode",
    [LAZ_CLAMAV_PASSWORDS] = "passwords",
    [LAZ_CLAMAV_ABOUT] = "notes",
    [LAZ_CLAMAV_PACK] = "packs",
    [LAZ_CLAMAV_LOCAL_PACK] = "local packs",
};

struct laz_clamav_kind_info laz_clamav_kind_of(struct laz_view name)
{
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (laz_view_ends_text(name, endings[i].ending))
            return endings[i].info;
    return (struct laz_clamav_kind_info){LAZ_CLAMAV_NONE, false};
}

const char *laz_clamav_kind_title(enum laz_clamav_kind kind)
{
    return kind < LAZ_CLAMAV_KINDS ? titles[kind] : "";
}
