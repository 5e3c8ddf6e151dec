/* Creates the tables when they are missing, and fills an empty shop with goods to sell. */
#pragma once

int schema_init(void);
