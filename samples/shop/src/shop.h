/* What every file of the shop begins with: everything. */
#pragma once

#include "admin.h"
#include "cart.h"
#include "catalogue.h"
#include "config.h"
#include "db.h"
#include "mail.h"
#include "order.h"
#include "payment.h"
#include "price.h"
#include "report.h"
#include "request.h"
#include "schema.h"
#include "search.h"
#include "server.h"
#include "session.h"
#include "stats.h"
#include "stock.h"
#include "thumb.h"
#include "track.h"
#include "user.h"
#include "util.h"
#include "work.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
