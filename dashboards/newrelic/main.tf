# Dashboards, an alert policy and its conditions for New Relic, of any account in any region.
#
#   terraform init && terraform apply -var account_id=1234567 -var region=EU
#
# The key is read from NEW_RELIC_API_KEY. Who is told of an incident is a workflow of yours; it filters by the policy's id.

terraform {
  required_version = ">= 1.4"
  required_providers {
    newrelic = {
      source  = "newrelic/newrelic"
      version = "~> 3.0"
    }
  }
}

variable "account_id" {
  description = "The account that holds the events."
  type        = number
}

variable "region" {
  description = "US or EU."
  type        = string
  default     = "US"
}

variable "usual_claim_percent" {
  description = "What percent of claims and provisions together are claims on a usual day; the widget Conversion by the day of the start tells it."
  type        = number
  default     = 14
}

variable "runbook_url" {
  description = "Where whoever is on call finds what to do."
  type        = string
  default     = "https://github.com/instant-funnel/instant-funnel/blob/main/docs/operators.md"
}

provider "newrelic" {
  account_id = var.account_id
  region     = var.region
}

resource "newrelic_one_dashboard_json" "product" {
  json = replace(file("${path.module}/product.json"), "/\"accountIds\": \\[\\s*0\\s*\\]/", "\"accountIds\": [${var.account_id}]")
}

resource "newrelic_one_dashboard_json" "operator" {
  json = replace(file("${path.module}/operator.json"), "/\"accountIds\": \\[\\s*0\\s*\\]/", "\"accountIds\": [${var.account_id}]")
}

resource "newrelic_alert_policy" "funnel" {
  name                = "Instant Funnel"
  incident_preference = "PER_CONDITION"
}

locals {
  conditions = { for condition in jsondecode(file("${path.module}/conditions.json")) : condition.name => condition }
}

resource "newrelic_nrql_alert_condition" "funnel" {
  for_each = local.conditions

  policy_id                    = newrelic_alert_policy.funnel.id
  type                         = "static"
  name                         = each.key
  description                  = each.value.description
  runbook_url                  = var.runbook_url
  enabled                      = true
  violation_time_limit_seconds = 86400

  nrql {
    query = replace(each.value.nrql.query, "$${usual_claim_percent}", var.usual_claim_percent)
  }

  critical {
    operator              = each.value.operator
    threshold             = each.value.threshold
    threshold_duration    = each.value.threshold_duration
    threshold_occurrences = each.value.threshold_occurrences
  }

  # Events of a funnel are sparse: a timer closes a window, and not the next event.
  aggregation_method = "event_timer"
  aggregation_timer  = 120
  aggregation_window = each.value.aggregation_window
  fill_option        = "none"

  expiration_duration            = each.value.expiration_duration
  open_violation_on_expiration   = each.value.open_violation_on_expiration
  close_violations_on_expiration = each.value.close_violations_on_expiration
}

output "policy_id" {
  description = "For the workflow that tells people."
  value       = newrelic_alert_policy.funnel.id
}
