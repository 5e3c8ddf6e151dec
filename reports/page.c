#include "reports/page.h"

#include <string.h>

#include "reports/assets.h"
#include "reports/html.h"
#include "reports/money.h"
#include "reports/page_data.h"

static const struct {
  const char *id;
  const char *name;
} sections[] = {
    {"overview", "Overview"}, {"map", "Map"},   {"matrix", "Matrix"},       {"state", "State"},
    {"evidence", "Evidence"}, {"cost", "Cost"}, {"migration", "Migration"},
};

static void write_head(struct html *html, const char *title)
{
  g_autofree char *d3 = html_hash(asset_d3);
  g_autofree char *script = html_hash(asset_script);
  g_autofree char *style = html_hash(asset_style);
  g_autofree char *policy =
      g_strdup_printf("default-src 'none'; script-src '%s' '%s'; style-src '%s'; base-uri 'none'; "
                      "form-action 'none'",
                      d3, script, style);
  g_autofree char *full = g_strconcat("Cleave: ", title, NULL);
  html_open(html, "head", NULL);
  html_void(html, "meta", "charset", "utf-8", NULL);
  html_void(html, "meta", "http-equiv", "Content-Security-Policy", "content", policy, NULL);
  html_void(html, "meta", "name", "viewport", "content", "width=device-width, initial-scale=1",
            NULL);
  html_void(html, "meta", "name", "referrer", "content", "no-referrer", NULL);
  html_leaf(html, "title", full, NULL);
  html_open(html, "style", NULL);
  html_code(html, asset_style);
  html_close(html);
  html_close(html);
}

static void write_top(struct html *html, const char *title)
{
  html_open(html, "nav", "aria-label", "skip", NULL);
  html_leaf(html, "a", "skip to the report", "class", "skip", "href", "#/overview", NULL);
  html_close(html);
  html_open(html, "header", "class", "top", NULL);
  html_open(html, "div", "class", "bar", NULL);
  html_open(html, "h1", "class", "title", NULL);
  html_text(html, "Cleave: ");
  html_leaf(html, "code", title, NULL);
  html_close(html);
  html_open(html, "div", "class", "search", "role", "search", NULL);
  html_void(html, "input", "id", "search", "type", "text", "role", "combobox", "aria-label",
            "search services, functions, routines, state and files", "placeholder",
            "search (press /)", "aria-expanded", "false", "aria-controls", "results",
            "aria-autocomplete", "list", "autocomplete", "off", "spellcheck", "false", NULL);
  html_leaf(html, "ul", "", "id", "results", "class", "results", "role", "listbox", "aria-label",
            "found names", "hidden", NULL, NULL);
  html_close(html);
  html_leaf(html, "button", "dark", "id", "theme", "class", "theme", "type", "button", NULL);
  html_close(html);
  html_open(html, "nav", "class", "sections", "aria-label", "sections", NULL);
  for (size_t i = 0; i < G_N_ELEMENTS(sections); i++) {
    g_autofree char *link = g_strconcat("#/", sections[i].id, NULL);
    html_leaf(html, "a", sections[i].name, "href", link, NULL);
  }
  html_close(html);
  html_close(html);
}

static void open_section(struct html *html, const char *id, const char *heading, const char *about)
{
  g_autofree char *heading_id = g_strconcat(id, "-heading", NULL);
  html_open(html, "section", "id", id, "aria-labelledby", heading_id, NULL);
  html_leaf(html, "h2", heading, "id", heading_id, NULL);
  if (about) {
    html_leaf(html, "p", about, "class", "soft", NULL);
  }
}

static void write_card(struct html *html, const char *number, const char *what)
{
  html_open(html, "li", NULL);
  html_leaf(html, "span", number, "class", "number", NULL);
  html_leaf(html, "span", what, "class", "what", NULL);
  html_close(html);
}

static void write_count(struct html *html, int64_t n, const char *what)
{
  g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, n);
  write_card(html, number, what);
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

static void write_warning(struct html *html, int64_t n, int64_t of, const char *what)
{
  if (n > 0) {
    g_autofree char *text =
        g_strdup_printf("%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " %s", n, of, what);
    html_leaf(html, "p", text, "class", "warning", NULL);
  }
}

static void write_completeness(struct html *html, const struct model *model)
{
  html_leaf(html, "h3", "How complete this is", NULL);
  int64_t n_units = count_units(model, NULL);
  int64_t n_failed = count_units(model, "failed");
  int64_t n_errors = count_units(model, "errors");
  write_warning(html, n_failed, n_units,
                "translation units could not be read: nothing in them is known.");
  write_warning(html, n_errors, n_units,
                "translation units had errors: what stands near them may be missing.");
  write_warning(html, (int64_t)model->n_unresolved, (int64_t)model->n_indirect_sites,
                "calls through pointers have no known target: they may reach more than is shown.");
  if (n_failed + n_errors + (int64_t)model->n_unresolved == 0) {
    html_leaf(html, "p", "All files were read, and all calls through pointers have known targets.",
              NULL);
  }
}

/* Sums of the bills by stage and cloud, as cards. */
static void write_bills(struct html *html, const struct model *model)
{
  html_leaf(html, "h3", "What a month costs", NULL);
  if (model->bills->n == 0) {
    html_open(html, "p", "class", "soft", NULL);
    html_text(html, "No bills yet: ");
    html_leaf(html, "code", "cleave cost --workload FILE", NULL);
    html_text(html, " makes them.");
    html_close(html);
    return;
  }
  html_open(html, "ul", "class", "cards", NULL);
  for (size_t i = 0; i < model->bills->n;) {
    const struct result_bill *first = record_at(model->bills, result_bill, i);
    money sum = 0;
    for (; i < model->bills->n; i++) {
      const struct result_bill *bill = record_at(model->bills, result_bill, i);
      if (strcmp(bill->stage, first->stage) != 0 || strcmp(bill->cloud, first->cloud) != 0) {
        break;
      }
      sum += money_parse(bill->amount);
    }
    g_autofree char *amount = money_format(sum);
    g_autofree char *what = g_strdup_printf("%s on %s", first->stage, first->cloud);
    write_card(html, amount, what);
  }
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

static void write_overview(struct html *html, const struct model *model)
{
  size_t n_defined = 0;
  for (size_t i = 0; i < model->routines->n; i++) {
    n_defined += model_routine_at(model, (int)i)->is_defined;
  }
  g_autofree char *about = g_strdup_printf(
      "%" G_GINT64_FORMAT " translation units of %zu programs%s%s.", count_units(model, NULL),
      count_programs(model), model->root[0] ? " under " : "", model->root);
  open_section(html, "overview", "Overview", about);
  html_open(html, "ul", "class", "cards", NULL);
  write_count(html, (int64_t)model->services->n, "services proposed");
  write_count(html, (int64_t)model->functions->n, "functions");
  write_count(html, count_functions(model, "ready"), "of them ready");
  write_count(html, count_functions(model, "blocked"), "of them blocked");
  write_count(html, (int64_t)model->cuts->n, "cuts between services");
  write_count(html, (int64_t)n_defined, "routines");
  write_count(html, (int64_t)model->states->n, "state and configuration");
  html_close(html);
  write_bills(html, model);
  write_completeness(html, model);
  html_close(html);
}

static void write_button(struct html *html, const char *id, const char *text, const char *pressed)
{
  if (pressed) {
    html_leaf(html, "button", text, "id", id, "type", "button", "aria-pressed", pressed, NULL);
  } else {
    html_leaf(html, "button", text, "id", id, "type", "button", NULL);
  }
}

static void write_slot(struct html *html, const char *id)
{
  html_leaf(html, "div", "", "id", id, NULL);
}

static void write_map(struct html *html)
{
  open_section(
      html, "map", "Service map",
      "Open a box to see what is in it. The width of an arrow grows with the number of "
      "call and access sites. Drag to move; Ctrl with the wheel, or the buttons, to zoom.");
  html_open(html, "nav", "aria-label", "level of the map", NULL);
  html_leaf(html, "ol", "", "id", "map-crumbs", "class", "crumbs", NULL);
  html_close(html);
  html_open(html, "div", "class", "tools", NULL);
  write_button(html, "map-back", "up one level", NULL);
  write_button(html, "map-in", "zoom in", NULL);
  write_button(html, "map-out", "zoom out", NULL);
  write_button(html, "map-fit", "fit", NULL);
  write_button(html, "map-shared", "show shared code", "false");
  html_close(html);
  html_leaf(html, "div", "", "id", "map-stage", "class", "stage", NULL);
  html_leaf(html, "p", "", "id", "map-note", "class", "soft", NULL);
  html_open(html, "ul", "class", "legend", "aria-label", "legend", NULL);
  static const char *const legend[] = {
      "rounded blue box: service",     "white box: file or routine",
      "orange box: function or entry", "green box: state",
      "dashed box: another service",   "grey arrow: inside a service",
      "blue arrow: crosses services",  "orange arrow: with writes of foreign state"};
  for (size_t i = 0; i < G_N_ELEMENTS(legend); i++) {
    html_leaf(html, "li", legend[i], NULL);
  }
  html_close(html);
  html_open(html, "details", NULL);
  html_leaf(html, "summary", "the same as a list", NULL);
  html_leaf(html, "ul", "", "id", "map-list", NULL);
  html_close(html);
  html_close(html);
}

static void write_matrix(struct html *html)
{
  open_section(html, "matrix", "Dependency matrix",
               "A row uses a column. Services stand in the order in which they would be taken out; "
               "blue cells cross services, orange ones write foreign state.");
  html_open(html, "div", "class", "tools", NULL);
  write_button(html, "matrix-service", "services", "true");
  write_button(html, "matrix-file", "files", "false");
  html_close(html);
  html_leaf(html, "div", "", "id", "matrix-stage", "class", "scroll", "tabindex", "0", "role",
            "region", "aria-label", "matrix", NULL);
  html_leaf(html, "p", "", "id", "matrix-note", "class", "soft", NULL);
  write_slot(html, "matrix-table");
  html_close(html);
}

static void write_state(struct html *html)
{
  open_section(html, "state", "State ownership",
               "Every state has one owner. What another service reads or writes is a cut.");
  html_open(html, "div", "class", "tools", NULL);
  write_button(html, "state-crossing", "only what crosses", "true");
  write_button(html, "state-all", "all", "false");
  html_close(html);
  write_slot(html, "state-table");
  html_close(html);
}

static void write_evidence(struct html *html)
{
  static const char *const names[] = {"services", "functions", "cuts", "routines", "files"};
  open_section(html, "evidence", "Evidence",
               "Choose a name to see its callers, its callees and the state it touches, each with "
               "file and line.");
  html_open(html, "div", "id", "evidence-panel", "class", "panel", "tabindex", "-1", "role",
            "region", "aria-label", "about one name", "hidden", NULL, NULL);
  html_close(html);
  html_open(html, "div", "class", "tools", NULL);
  for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
    g_autofree char *id = g_strconcat("evidence-", names[i], NULL);
    write_button(html, id, names[i], "false");
  }
  html_close(html);
  write_slot(html, "evidence-table");
  html_close(html);
}

static void write_slider(struct html *html, const char *id, const char *label, const char *min,
                         const char *max, const char *step, const char *value)
{
  g_autofree char *output = g_strconcat(id, "-out", NULL);
  html_open(html, "label", "for", id, NULL);
  html_text(html, label);
  html_text(html, ": ");
  html_leaf(html, "output", "", "id", output, "for", id, NULL);
  html_void(html, "input", "id", id, "type", "range", "min", min, "max", max, "step", step, "value",
            value, NULL);
  html_close(html);
}

static void write_choice(struct html *html, const char *id, const char *label)
{
  html_open(html, "label", "for", id, NULL);
  html_text(html, label);
  html_leaf(html, "select", "", "id", id, NULL);
  html_close(html);
}

static void write_total(struct html *html, const char *id, const char *what)
{
  html_open(html, "li", NULL);
  html_leaf(html, "span", "", "class", "number", "id", id, NULL);
  html_leaf(html, "span", what, "class", "what", NULL);
  html_close(html);
}

static void write_calculator(struct html *html)
{
  html_open(html, "div", "id", "cost-calculator", "hidden", NULL, NULL);
  html_leaf(html, "h3", "What if", NULL);
  html_leaf(html, "p",
            "The same formulas and prices as 'cleave cost', for one function that takes all "
            "requests, against machines that are always on.",
            "class", "soft", NULL);
  html_open(html, "div", "class", "sliders panel", NULL);
  write_choice(html, "cost-plan", "functions on ");
  write_slider(html, "cost-rate", "requests a day", "2", "8", "0.05", "6");
  write_slider(html, "cost-duration", "mean duration", "1", "3000", "1", "100");
  write_slider(html, "cost-memory", "memory", "128", "4096", "64", "512");
  write_choice(html, "cost-machine", "machines ");
  write_slider(html, "cost-instances", "machines", "1", "12", "1", "2");
  html_open(html, "label", "for", "cost-grant", NULL);
  html_void(html, "input", "id", "cost-grant", "type", "checkbox", "checked", NULL, NULL);
  html_text(html, " free grants of the account");
  html_close(html);
  html_close(html);
  html_open(html, "ul", "class", "cards", NULL);
  write_total(html, "cost-functions-total", "functions");
  write_total(html, "cost-machines-total", "machines");
  html_close(html);
  html_leaf(html, "p", "", "id", "cost-verdict", "role", "status", NULL);
  html_open(html, "div", "class", "two", NULL);
  html_open(html, "div", NULL);
  html_leaf(html, "h3", "Where it breaks even", NULL);
  write_slot(html, "cost-curve");
  html_close(html);
  html_open(html, "div", NULL);
  html_leaf(html, "h3", "What moves the bill: each halved and doubled", NULL);
  write_slot(html, "cost-tornado");
  html_close(html);
  html_close(html);
  write_slot(html, "cost-lines");
  html_close(html);
}

static void write_cost(struct html *html, const struct model *model)
{
  open_section(html, "cost", "Cost", NULL);
  if (model->bills->n == 0) {
    html_leaf(html, "p", "There are no bills in this store.", "class", "soft", NULL);
  }
  write_slot(html, "cost-bars");
  write_slot(html, "cost-bills");
  write_calculator(html);
  html_close(html);
}

static void write_step(struct html *html, const struct model *model, const struct plan_step *step,
                       size_t n_done)
{
  int service = model_service(model, step->service);
  char cut[G_ASCII_DTOSTR_BUF_SIZE];
  g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, step->step);
  g_autofree char *ready = g_strdup_printf("%" G_GINT64_FORMAT, step->n_ready);
  g_autofree char *done = g_strdup_printf("%zu of %zu", n_done, model->services->n);
  html_open(html, "tr", NULL);
  html_leaf(html, "td", number, "class", "number", NULL);
  html_leaf(html, "td", model_service_name(model, service), NULL);
  html_leaf(html, "td", g_ascii_formatd(cut, sizeof cut, "%.2f", step->cut), "class", "number",
            NULL);
  html_leaf(html, "td", ready, "class", "number", NULL);
  html_leaf(html, "td", done, NULL);
  html_leaf(html, "td", step->reason, NULL);
  html_close(html);
}

static void write_migration(struct html *html, const struct model *model)
{
  static const char *const headings[] = {
      "step", "take out", "cut after it", "functions ready", "taken", "why at this point"};
  open_section(
      html, "migration", "Migration order",
      "In which order to take services out, and the price of all cuts towards what remains "
      "after each step.");
  if (model->steps->n == 0) {
    html_open(html, "p", "class", "soft", NULL);
    html_text(html, "No order yet: ");
    html_leaf(html, "code", "cleave split", NULL);
    html_text(html, " proposes one.");
    html_close(html);
  } else {
    html_open(html, "div", "class", "scroll", "tabindex", "0", "role", "region", "aria-label",
              "steps", NULL);
    html_open(html, "table", NULL);
    html_open(html, "thead", NULL);
    html_open(html, "tr", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(headings); i++) {
      html_leaf(html, "th", headings[i], "scope", "col", NULL);
    }
    html_close(html);
    html_close(html);
    html_open(html, "tbody", NULL);
    for (size_t i = 0; i < model->steps->n; i++) {
      write_step(html, model, record_at(model->steps, plan_step, i), i + 1);
    }
    html_close(html);
    html_close(html);
    html_close(html);
  }
  html_close(html);
}

static void write_foot(struct html *html, const struct page_options *options)
{
  html_open(html, "footer", NULL);
  g_autofree char *made =
      g_strconcat("Made by Cleave ", options->version,
                  ". This page is complete in itself and asks no network.", NULL);
  html_leaf(html, "p", made, NULL);
  html_open(html, "details", NULL);
  html_leaf(html, "summary", "licence of d3, which draws in this page", NULL);
  html_leaf(html, "pre", asset_d3_license, NULL);
  html_close(html);
  html_close(html);
}

static void write_body(struct html *html, const struct model *model,
                       const struct page_options *options, const char *data)
{
  html_open(html, "body", NULL);
  write_top(html, options->title);
  html_open(html, "main", "id", "main", NULL);
  write_overview(html, model);
  write_map(html);
  write_matrix(html);
  write_state(html);
  write_evidence(html);
  write_cost(html, model);
  write_migration(html, model);
  html_close(html);
  write_foot(html, options);
  html_leaf(html, "div", "", "id", "live", "class", "live", "aria-live", "polite", NULL);
  html_leaf(html, "noscript", "The map, tables and calculator need scripts.", NULL);
  html_open(html, "script", "id", "data", "type", "application/json", NULL);
  html_code(html, data);
  html_close(html);
  html_open(html, "script", NULL);
  html_code(html, asset_d3);
  html_close(html);
  html_open(html, "script", NULL);
  html_code(html, asset_script);
  html_close(html);
  html_close(html);
}

char *page_make(const struct model *model, const struct page_options *options)
{
  g_autofree char *data = page_data(model, options);
  struct html *html = html_new();
  html_open(html, "html", "lang", "en", NULL);
  write_head(html, options->title);
  write_body(html, model, options, data);
  html_close(html);
  return html_finish(html);
}
