/* compile_yara.h - lazaret-compile in the service of `lazaret yara`: sources and what they include
 * come over a channel, and errors and warnings are written as yara writes them. */
#ifndef LAZ_RULES_COMPILE_YARA_H
#define LAZ_RULES_COMPILE_YARA_H

/* The program behind `lazaret-compile --yara`: descriptor 3 is the channel (wire/yara_message.h), 4
 * where the database is written. Returns the exit status: 0, or 2 when the rules are no good. */
int laz_compile_yara_main(int argc, char **argv);

#endif
