/* Findings as SARIF 2.1.0, within the limits of code-scanning services. The only place that writes
 * SARIF. */
#ifndef CLEAVE_REPORTS_SARIF_H
#define CLEAVE_REPORTS_SARIF_H

#include "reports/findings.h"

/* More results than this are not accepted by code-scanning services for one run. */
#define SARIF_MAX_RESULTS 5000

/* FINDINGS as one run of the tool's VERSION. The most severe SARIF_MAX_RESULTS stay, and a
 * notification tells how many were left out. Fingerprints depend on rule and subject alone, so that
 * they survive moved lines. New string. */
char *sarif_write(const GPtrArray *findings, const char *version);

#endif
