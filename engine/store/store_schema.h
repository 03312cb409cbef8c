/* The tables of the store, and how a file comes to have them. */
#ifndef STORE_STORE_SCHEMA_H
#define STORE_STORE_SCHEMA_H

#include "engine/store/statement.h"

/* Makes or migrates the tables; another engine may be doing the same at the same moment. */
int schema_prepare(struct database *database, struct error *err);

#endif
