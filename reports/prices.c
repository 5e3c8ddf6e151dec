#include "reports/prices.h"

static void free_tier(gpointer data)
{
  struct prices_tier *tier = data;
  g_free(tier->up_to);
  g_free(tier->price);
  g_free(tier);
}

static void free_meter(gpointer data)
{
  struct prices_meter *meter = data;
  g_free(meter->role);
  g_free(meter->unit);
  g_ptr_array_unref(meter->tiers);
  g_free(meter->grant);
  g_free(meter->source);
  g_free(meter->as_of);
  g_free(meter);
}

static void free_rule(gpointer data)
{
  struct prices_rule *rule = data;
  g_free(rule->name);
  g_free(rule->value);
  g_free(rule);
}

static void free_plan(gpointer data)
{
  struct prices_plan *plan = data;
  g_free(plan->name);
  g_free(plan->cloud);
  g_free(plan->billing);
  g_ptr_array_unref(plan->rules);
  g_ptr_array_unref(plan->sizes);
  g_ptr_array_unref(plan->meters);
  g_free(plan);
}

GPtrArray *prices_new(void)
{
  return g_ptr_array_new_with_free_func(free_plan);
}

struct prices_plan *prices_add_plan(GPtrArray *plans)
{
  struct prices_plan *plan = g_new0(struct prices_plan, 1);
  plan->rules = g_ptr_array_new_with_free_func(free_rule);
  plan->sizes = g_ptr_array_new_with_free_func(g_free);
  plan->meters = g_ptr_array_new_with_free_func(free_meter);
  g_ptr_array_add(plans, plan);
  return plan;
}

struct prices_meter *prices_add_meter(struct prices_plan *plan)
{
  struct prices_meter *meter = g_new0(struct prices_meter, 1);
  meter->tiers = g_ptr_array_new_with_free_func(free_tier);
  g_ptr_array_add(plan->meters, meter);
  return meter;
}

void prices_add_tier(struct prices_meter *meter, char *up_to, char *price)
{
  struct prices_tier *tier = g_new(struct prices_tier, 1);
  tier->up_to = up_to;
  tier->price = price;
  g_ptr_array_add(meter->tiers, tier);
}

void prices_add_rule(struct prices_plan *plan, char *name, char *value)
{
  struct prices_rule *rule = g_new(struct prices_rule, 1);
  rule->name = name;
  rule->value = value;
  g_ptr_array_add(plan->rules, rule);
}
