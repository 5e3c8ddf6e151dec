/* The overview of the page, and the migration order: figures that need no script. */
#include <string.h>

#include "reports/money.h"
#include "reports/page_parts.h"

void page_bar(struct html *html, const char *title, const double *parts, const char *const *kinds,
              size_t n_parts, double whole)
{
  bool is_said = title[0] != '\0';
  html_open(html, "svg", "class", "bar", "viewBox", "0 0 1000 10", "preserveAspectRatio", "none",
            is_said ? "role" : "aria-hidden", is_said ? "img" : "true",
            is_said ? "aria-label" : NULL, title, NULL);
  double at = 0;
  for (size_t i = 0; whole > 0 && i < n_parts; i++) {
    double width = 1000 * parts[i] / whole;
    char x[G_ASCII_DTOSTR_BUF_SIZE];
    char w[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(x, sizeof x, "%.1f", at);
    g_ascii_formatd(w, sizeof w, "%.1f", width);
    if (width > 0) {
      html_leaf(html, "rect", "", "class", kinds[i], "x", x, "y", "0", "width", w, "height", "10",
                NULL);
    }
    at += width;
  }
  html_close(html);
}

static int64_t count_units(const struct model *model, const char *status)
{
  int64_t n = 0;
  for (size_t i = 0; i < model->files->n; i++) {
    const struct fact_file *file = record_at(model->files, fact_file, i);
    n += file->is_tu && (!status || strcmp(file->status, status) == 0);
  }
  return n;
}

static int64_t count_functions(const struct model *model, const char *readiness)
{
  int64_t n = 0;
  for (size_t i = 0; i < model->functions->n; i++) {
    n += strcmp(record_at(model->functions, plan_function, i)->readiness, readiness) == 0;
  }
  return n;
}

static int64_t count_cuts(const struct model *model, const char *mode, const char *marshal)
{
  int64_t n = 0;
  for (size_t i = 0; i < model->cuts->n; i++) {
    const struct plan_cut *cut = record_at(model->cuts, plan_cut, i);
    n +=
        (!mode || strcmp(cut->mode, mode) == 0) && (!marshal || strcmp(cut->marshal, marshal) == 0);
  }
  return n;
}

/* Routines with a body: in a service, in shared code, in neither. */
static void count_routines(const struct model *model, int64_t n[3])
{
  n[0] = n[1] = n[2] = 0;
  for (size_t i = 0; i < model->routines->n; i++) {
    if (model_routine_at(model, (int)i)->is_defined) {
      int service = model->routine_service[i];
      n[service >= 0 ? 0 : service == MODEL_SHARED ? 1 : 2]++;
    }
  }
}

static int64_t count_states(const struct model *model, const char *class)
{
  int64_t n = 0;
  for (size_t i = 0; i < model->states->n; i++) {
    n += strcmp(model_state_at(model, (int)i)->class, class) == 0;
  }
  return n;
}

/* "1 program", "2,140 programs" and so on. New string. */
static char *counted(int64_t n, const char *thing)
{
  g_autofree char *digits = g_strdup_printf("%" G_GINT64_FORMAT, n);
  GString *text = g_string_new(NULL);
  size_t length = strlen(digits);
  for (size_t i = 0; i < length; i++) {
    if (i > 0 && (length - i) % 3 == 0) {
      g_string_append_c(text, ',');
    }
    g_string_append_c(text, digits[i]);
  }
  if (thing[0]) {
    g_string_append_printf(text, " %s%s", thing, n == 1 ? "" : "s");
  }
  return g_string_free(text, FALSE);
}

static void open_card(struct html *html, int64_t n, const char *what, const char *link)
{
  g_autofree char *number = counted(n, "");
  html_open(html, "li", NULL);
  html_open(html, "a", "class", "headline", "href", link, NULL);
  html_leaf(html, "span", number, "class", "number", NULL);
  html_text(html, " ");
  html_leaf(html, "span", what, "class", "what", NULL);
  html_close(html);
}

/* A card's bar with its legend: one entry for every kind. */
static void write_parts(struct html *html, const int64_t *n, const char *const *kinds,
                        const char *const *names, size_t n_parts)
{
  g_autofree double *parts = g_new(double, n_parts);
  double whole = 0;
  g_autoptr(GString) title = g_string_new(NULL);
  for (size_t i = 0; i < n_parts; i++) {
    parts[i] = (double)n[i];
    whole += parts[i];
    g_autofree char *number = counted(n[i], "");
    g_string_append_printf(title, "%s%s %s", i > 0 ? ", " : "", number, names[i]);
  }
  page_bar(html, title->str, parts, kinds, n_parts, whole);
  html_open(html, "ul", "class", "key", NULL);
  for (size_t i = 0; i < n_parts; i++) {
    g_autofree char *number = counted(n[i], "");
    g_autofree char *class = g_strconcat("swatch ", kinds[i], NULL);
    html_open(html, "li", NULL);
    html_leaf(html, "span", "", "class", class, NULL);
    html_leaf(html, "b", number, NULL);
    html_text(html, " ");
    html_text(html, names[i]);
    html_close(html);
  }
  html_close(html);
  html_close(html);
}

static void write_cards(struct html *html, const struct model *model)
{
  int64_t routines[3];
  count_routines(model, routines);
  html_open(html, "ul", "class", "cards", NULL);
  open_card(html, (int64_t)model->services->n, "services proposed", "#/map");
  write_parts(html, routines, (const char *const[]){"service", "shared", "none"},
              (const char *const[]){"routines in them", "in shared code", "in none"}, 3);
  const int64_t functions[] = {count_functions(model, "ready"), count_functions(model, "adapt"),
                               count_functions(model, "blocked")};
  open_card(html, (int64_t)model->functions->n, "functions", "#/evidence/functions");
  write_parts(html, functions, (const char *const[]){"ready", "adapt", "blocked"},
              (const char *const[]){"ready", "to adapt", "blocked"}, 3);
  const int64_t cuts[] = {count_cuts(model, "call", NULL), count_cuts(model, "read", NULL),
                          count_cuts(model, "write", NULL)};
  open_card(html, (int64_t)model->cuts->n, "cuts between services", "#/evidence/cuts");
  write_parts(html, cuts, (const char *const[]){"call", "read", "write"},
              (const char *const[]){"calls", "reads of foreign state", "writes of foreign state"},
              3);
  const int64_t states[] = {count_states(model, "shared"), count_states(model, "external"),
                            count_states(model, "init-only"), count_states(model, "const")};
  open_card(html, states[0] + states[1] + states[2] + states[3], "state and configuration",
            "#/state");
  write_parts(html, states, (const char *const[]){"state", "outside", "shared", "none"},
              (const char *const[]){"in memory between calls", "outside the process",
                                    "configuration", "constant"},
              4);
  html_close(html);
}

static const char *const stages[] = {"monolith", "services", "functions"};
static const char *const clouds[] = {"aws", "gcp", "azure"};
static const char *const cloud_names[] = {"AWS", "Google Cloud", "Azure"};
static const struct {
  const char *name;
  const char *about;
} stage_words[] = {
    {"monolith", "always on"}, {"services", "always on"}, {"functions", "paid by use"}};

/* Sum of a bill, and the plan of its dearest item of compute; -1 when there is none. */
static money sum_of(const struct model *model, const char *stage, const char *cloud,
                    const char **plan)
{
  money sum = -1;
  money dearest = -1;
  for (size_t i = 0; i < model->bills->n; i++) {
    const struct result_bill *bill = record_at(model->bills, result_bill, i);
    if (strcmp(bill->stage, stage) == 0 && strcmp(bill->cloud, cloud) == 0) {
      money amount = money_parse(bill->amount);
      sum = (sum < 0 ? 0 : sum) + amount;
      bool is_compute = strcmp(bill->item, "compute") == 0 || strcmp(bill->item, "instance") == 0 ||
                        strcmp(bill->item, "cpu") == 0;
      if (amount > dearest && is_compute) {
        dearest = amount;
        *plan = bill->billing_plan;
      }
    }
  }
  return sum;
}

static void write_amount(struct html *html, money amount, const char *plan, money most,
                         bool is_least)
{
  html_open(html, "td", "class", is_least ? "number least" : "number", NULL);
  if (amount < 0) {
    html_text(html, "–");
    html_close(html);
    return;
  }
  g_autofree char *text = money_format(amount);
  html_leaf(html, is_least ? "strong" : "span", text, NULL);
  double share = (double)amount;
  page_bar(html, is_least ? "the lowest on this cloud" : "", &share,
           (const char *const[]){is_least ? "ready" : "call"}, 1, (double)most);
  html_leaf(html, "span", is_least ? "lowest" : "", "class", "sub", NULL);
  html_leaf(html, "span", plan, "class", "sub code", NULL);
  html_close(html);
}

static void write_bill_rows(struct html *html, const struct model *model)
{
  money sums[G_N_ELEMENTS(stages)][G_N_ELEMENTS(clouds)];
  const char *plans[G_N_ELEMENTS(stages)][G_N_ELEMENTS(clouds)] = {{NULL}};
  money least[G_N_ELEMENTS(clouds)];
  money most = 0;
  for (size_t c = 0; c < G_N_ELEMENTS(clouds); c++) {
    least[c] = -1;
    for (size_t s = 0; s < G_N_ELEMENTS(stages); s++) {
      sums[s][c] = sum_of(model, stages[s], clouds[c], &plans[s][c]);
      most = MAX(most, sums[s][c]);
      if (sums[s][c] >= 0 && (least[c] < 0 || sums[s][c] < least[c])) {
        least[c] = sums[s][c];
      }
    }
  }
  html_open(html, "tbody", NULL);
  for (size_t s = 0; s < G_N_ELEMENTS(stages); s++) {
    html_open(html, "tr", NULL);
    html_open(html, "th", "scope", "row", NULL);
    html_text(html, stage_words[s].name);
    html_leaf(html, "span", stage_words[s].about, "class", "sub", NULL);
    html_close(html);
    for (size_t c = 0; c < G_N_ELEMENTS(clouds); c++) {
      write_amount(html, sums[s][c], plans[s][c] ? plans[s][c] : "", most,
                   sums[s][c] == least[c] && sums[s][c] >= 0);
    }
    html_close(html);
  }
  html_close(html);
}

static void write_bills(struct html *html, const struct model *model)
{
  html_open(html, "div", "class", "block", NULL);
  html_leaf(html, "h3", "What a month costs", NULL);
  if (model->bills->n == 0) {
    html_open(html, "p", "class", "soft", NULL);
    html_text(html, "No bills yet: ");
    html_leaf(html, "code", "cleave cost --workload FILE", NULL);
    html_text(html, " makes them.");
    html_close(html);
    html_close(html);
    return;
  }
  html_open(html, "div", "class", "scroll", "tabindex", "0", "role", "region", "aria-label",
            "three bills", NULL);
  html_open(html, "table", "class", "bills", NULL);
  html_leaf(html, "caption",
            "US dollars for 30 days under the stated load, free tiers applied once", NULL);
  html_open(html, "thead", NULL);
  html_open(html, "tr", NULL);
  html_leaf(html, "td", "", NULL);
  for (size_t c = 0; c < G_N_ELEMENTS(clouds); c++) {
    html_leaf(html, "th", cloud_names[c], "scope", "col", "class", "number", NULL);
  }
  html_close(html);
  html_close(html);
  write_bill_rows(html, model);
  html_close(html);
  html_close(html);
  html_open(html, "p", NULL);
  html_leaf(html, "a", "Where the money goes, and what if", "href", "#/cost", NULL);
  html_close(html);
  html_close(html);
}

/* One line of completeness: a bar, how many of how many, and what it means when some are missing.
 */
static void write_completeness_line(struct html *html, int64_t n_good, int64_t n, const char *what,
                                    const char *lack)
{
  g_autofree char *good = counted(n_good, "");
  g_autofree char *all = counted(n, "");
  g_autofree char *title = g_strdup_printf("%s of %s %s", good, all, what);
  bool is_whole = n_good == n;
  html_open(html, "li", "class", is_whole ? "whole" : "warning", NULL);
  html_leaf(html, "span", title, "class", "what", NULL);
  page_bar(html, title, (const double[]){(double)n_good, (double)(n - n_good)},
           (const char *const[]){"ready", "write"}, 2, (double)n);
  if (!is_whole) {
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT " %s", n - n_good, lack);
    html_leaf(html, "span", text, "class", "lack", NULL);
  }
  html_close(html);
}

static void write_completeness(struct html *html, const struct model *model)
{
  int64_t n_units = count_units(model, NULL);
  int64_t n_failed = count_units(model, "failed");
  int64_t n_errors = count_units(model, "errors");
  int64_t n_sites = (int64_t)model->n_indirect_sites;
  html_open(html, "div", "class", "block", NULL);
  html_leaf(html, "h3", "How complete this is", NULL);
  html_open(html, "ul", "class", "meters", NULL);
  write_completeness_line(html, n_units - n_failed, n_units, "translation units were read",
                          "could not be read: nothing in them is known");
  write_completeness_line(html, n_units - n_failed - n_errors, n_units, "are free of errors",
                          "failed or had errors: what stands near them may be missing");
  if (n_sites > 0) {
    g_autofree char *never =
        g_strdup_printf("calls through pointers have known targets, %" G_GSIZE_FORMAT
                        " of them none: nothing is called there",
                        model->n_never);
    write_completeness_line(html, n_sites - (int64_t)model->n_unresolved, n_sites,
                            model->n_never > 0 ? never
                                               : "calls through pointers have known targets",
                            "have none that are known: they may reach more than is shown");
  }
  html_close(html);
  html_close(html);
}

static size_t count_programs(const struct model *model)
{
  size_t n = 0;
  for (size_t i = 0; i < model->programs->n; i++) {
    n += i == 0 || strcmp(record_at(model->programs, fact_program, i)->program,
                          record_at(model->programs, fact_program, i - 1)->program) != 0;
  }
  return n;
}

void page_overview(struct html *html, const struct model *model, const char *version)
{
  int64_t routines[3];
  count_routines(model, routines);
  g_autofree char *units = counted(count_units(model, NULL), "translation unit");
  g_autofree char *programs = counted((int64_t)count_programs(model), "program");
  g_autofree char *all = counted(routines[0] + routines[1] + routines[2], "routine");
  g_autofree char *about = g_strdup_printf("%s of %s with %s%s%s. Read by Cleave %s.", units,
                                           programs, all, model->root[0] ? " under " : "",
                                           model->root, model->tool[0] ? model->tool : version);
  page_open_section(html, "overview", "Overview", about);
  write_cards(html, model);
  html_open(html, "div", "class", "columns", NULL);
  write_bills(html, model);
  write_completeness(html, model);
  html_close(html);
  html_leaf(html, "div", "", "id", "overview-lists", "class", "columns three", NULL);
  html_close(html);
}

static void write_step(struct html *html, const struct model *model, const struct plan_step *step,
                       int64_t n_ready, double most)
{
  const char *name = model_service_name(model, model_service(model, step->service));
  g_autofree char *link = g_uri_escape_string(name, NULL, false);
  g_autofree char *href = g_strconcat("#/service/", link, NULL);
  g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, step->step);
  g_autofree char *ready =
      g_strdup_printf("%" G_GINT64_FORMAT " of %zu", n_ready, model->functions->n);
  char cut[G_ASCII_DTOSTR_BUF_SIZE];
  g_ascii_formatd(cut, sizeof cut, "%.1f", step->cut);
  html_open(html, "tr", NULL);
  html_leaf(html, "td", number, "class", "number", NULL);
  html_open(html, "td", "class", "name", NULL);
  html_leaf(html, "a", name, "href", href, NULL);
  html_close(html);
  html_open(html, "td", "class", "measure", NULL);
  html_leaf(html, "span", cut, NULL);
  page_bar(html, "", &step->cut, (const char *const[]){"call"}, 1, most);
  html_close(html);
  html_open(html, "td", "class", "measure", NULL);
  html_leaf(html, "span", ready, NULL);
  page_bar(html, "", (const double[]){(double)n_ready}, (const char *const[]){"ready"}, 1,
           (double)model->functions->n);
  html_close(html);
  html_leaf(html, "td", step->reason, "class", "text", NULL);
  html_close(html);
}

static void write_steps(struct html *html, const struct model *model)
{
  double most = 0;
  int64_t n_ready = 0;
  for (size_t i = 0; i < model->steps->n; i++) {
    most = MAX(most, record_at(model->steps, plan_step, i)->cut);
  }
  html_open(html, "tbody", NULL);
  for (size_t i = 0; i < model->steps->n; i++) {
    const struct plan_step *step = record_at(model->steps, plan_step, i);
    n_ready += step->n_ready;
    write_step(html, model, step, n_ready, most);
  }
  html_close(html);
}

void page_migration(struct html *html, const struct model *model)
{
  static const char *const headings[] = {"step", "take out", "price of the cut after it",
                                         "functions ready by then", "why at this point"};
  page_open_section(
      html, "migration", "Migration order",
      "In which order to take services out of the monolith. The price of the cut is that of all "
      "calls and accesses between what is out and what remains: while it is high, much of the "
      "traffic runs over the network.");
  if (model->steps->n == 0) {
    html_open(html, "p", "class", "soft", NULL);
    html_text(html, "No order yet: ");
    html_leaf(html, "code", "cleave split", NULL);
    html_text(html, " proposes one.");
    html_close(html);
    html_close(html);
    return;
  }
  html_open(html, "div", "class", "scroll", "tabindex", "0", "role", "region", "aria-label",
            "steps", NULL);
  html_open(html, "table", "class", "steps", NULL);
  html_open(html, "thead", NULL);
  html_open(html, "tr", NULL);
  for (size_t i = 0; i < G_N_ELEMENTS(headings); i++) {
    html_leaf(html, "th", headings[i], "scope", "col", i == 0 ? "class" : NULL, "number", NULL);
  }
  html_close(html);
  html_close(html);
  write_steps(html, model);
  html_close(html);
  html_close(html);
  html_close(html);
}
