/* Defaults from a file: .cleave.yaml in the working folder or the nearest folder above.
 *
 *   version: 1
 *   options: {color: never}           # of all commands that have them
 *   commands:
 *     graph: {limit: 100}             # of one command
 *     report: {title: "the shop"}
 *
 * Paths are relative to the file's folder. What the command line says counts more. Options that
 * would run a command are refused here. */
#ifndef CLEAVE_CLI_CONFIG_H
#define CLEAVE_CLI_CONFIG_H

#include "cli/command.h"

#define CONFIG_NAME ".cleave.yaml"

/* The path of the file nearest to FOLDER, upwards, or NULL. New string. */
char *config_find(const char *folder);

/* Sets what the file at PATH says for options of CONTEXT's command that were not given. False and
 * ERROR (file:line:column) when the file is wrong, for any command. */
bool config_apply(struct context *context, const char *path, GError **error);

#endif
