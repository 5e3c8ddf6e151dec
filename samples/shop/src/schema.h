/* Creates the tables when they are missing, and fills an empty shop with goods to sell. */
#ifndef SHOP_SCHEMA_H
#define SHOP_SCHEMA_H

int schema_init(void);

#endif
