//! What the words of a failure come to: lookups from codes, quotas and phrases of providers into the table of outcomes.

use super::failure_body::FailureBody;

/// Words, with the row that each leads to; the first that is found decides.
type Lookup = &'static [(&'static str, &'static str)];

/// Codes that decide whatever the status, for providers send them with several.
const BY_CODE: Lookup = &[
    ("insufficient_quota", "quota_exhausted"),
    ("billing_error", "quota_exhausted"),
    ("billing_hard_limit_reached", "quota_exhausted"),
    ("billing_not_active", "quota_exhausted"),
    ("billing_disabled", "quota_exhausted"),
    ("context_length_exceeded", "context_length"),
    ("request_too_large", "context_length"),
    ("exceed_context_size_error", "context_length"),
    ("content_filter", "content_filter"),
    ("content_policy_violation", "content_filter"),
    ("responsibleaipolicyviolation", "content_filter"),
    ("model_not_found", "model_not_found"),
    ("deploymentnotfound", "model_not_found"),
    ("api_key_invalid", "credential_refused"),
    ("invalid_api_key", "credential_refused"),
];

/// Parts of a quota's name: one that is back tomorrow is as good as no funds, while one that is back in a minute is a rate.
const LONG_QUOTAS: &[&str] = &["perday", "permonth"];

/// Part of the name of a quota that each model has for itself.
const QUOTA_OF_A_MODEL: &str = "permodel";

/// Phrases that decide in an answer 4xx, where a provider has no code for what it means. Of the window's length limits speak too, so
/// that in a 429 it means nothing.
const BY_PHRASE: Lookup = &[
    ("credit balance is too low", "quota_exhausted"),
    ("reached your specified api usage limits", "quota_exhausted"),
    ("reached your specified workspace api usage limits", "quota_exhausted"),
    ("prepayment credits are depleted", "quota_exhausted"),
    ("monthly spending cap", "quota_exhausted"),
    ("free tier is not available", "quota_exhausted"),
    ("api key not valid", "credential_refused"),
    ("api key expired", "credential_refused"),
    ("organization has been disabled", "credential_refused"),
    ("user location is not supported", "credential_refused"), // of this machine's, whatever is asked
    ("your input was flagged", "content_filter"),
    ("content management policy", "content_filter"),
    ("prompt is too long", "context_length"),
    ("prompt too long", "context_length"),
    ("input is too long for requested model", "context_length"),
    ("exceed context limit", "context_length"),
    ("context length", "context_length"),
    ("context window", "context_length"),
    ("available context size", "context_length"),
    ("maximum model length", "context_length"),
    ("maximum prompt length", "context_length"),
    ("exceeds the maximum number of tokens", "context_length"),
    ("reduce the length of the messages", "context_length"),
    ("`inputs` tokens + `max_new_tokens` must be", "context_length"),
    ("request payload size exceeds the limit", "context_length"),
];

/// Codes of the general sort, of which the message may say more: they decide whatever the status, after it.
const BY_KIND: Lookup = &[
    ("overloaded_error", "overloaded"),
    ("overloaded", "overloaded"),
    ("unavailable", "overloaded"),
    ("server_is_overloaded", "overloaded"),
    ("slow_down", "overloaded"),
    ("rate_limit_error", "rate_limited"),
    ("rate_limit_exceeded", "rate_limited"),
    ("resource_exhausted", "rate_limited"),
];

/// What the words of a failure come to, which go before its status.
pub(super) fn reason(status: Option<u16>, said: &FailureBody) -> Option<&'static str> {
    let by_code =
        |table: &[(&str, &'static str)]| table.iter().find(|(code, _)| said.has_code(code)).map(|(_, name)| *name);
    by_code(BY_CODE).or_else(|| by_quota(said)).or_else(|| by_phrase(status?, said)).or_else(|| by_code(BY_KIND))
}

/// What long quotas that are used up come to: where all of them are of the one model, its others still have theirs.
fn by_quota(said: &FailureBody) -> Option<&'static str> {
    let mut long = said.quotas().filter(|quota| LONG_QUOTAS.iter().any(|part| quota.contains(part))).peekable();
    long.peek()?;
    Some(if long.all(|quota| quota.contains(QUOTA_OF_A_MODEL)) { "model_quota_exhausted" } else { "quota_exhausted" })
}

fn by_phrase(status: u16, said: &FailureBody) -> Option<&'static str> {
    let decides = |name: &str| (400..500).contains(&status) && (status != 429 || name == "quota_exhausted");
    BY_PHRASE.iter().find(|(phrase, name)| decides(name) && said.says(phrase)).map(|(_, name)| *name)
}

/// Whether an error says that its request is larger than the model takes, by its kind or in words.
pub(super) fn tells_of_length(kind: Option<&str>, message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    let of_length = |table: Lookup, is_said: &dyn Fn(&str) -> bool| {
        table.iter().any(|(words, name)| *name == "context_length" && is_said(words))
    };
    of_length(BY_CODE, &|code| kind == Some(code)) || of_length(BY_PHRASE, &|phrase| message.contains(phrase))
}

/// Every row that the lookups lead to.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let of_quotas = ["quota_exhausted", "model_quota_exhausted"];
    [BY_CODE, BY_PHRASE, BY_KIND].into_iter().flatten().map(|(_, name)| *name).chain(of_quotas)
}
