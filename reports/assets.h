/* Scripts and styles of the report page, built into the program. */
#ifndef CLEAVE_REPORTS_ASSETS_H
#define CLEAVE_REPORTS_ASSETS_H

/* Each ends with a NUL. */
extern const char asset_d3[];
extern const char asset_d3_license[];
extern const char asset_script[];
extern const char asset_style[];

#endif
