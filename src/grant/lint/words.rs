//! The words in the name of an argument, and the kind of its values that they suggest.

/// Returns the words of a name in lower case: `/order/totalAmount` has `order`, `total`, `amount`.
fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut was_lower = false;
    for c in name.chars() {
        let begins_word = c.is_uppercase() && was_lower;
        if begins_word || !c.is_alphanumeric() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase() || c.is_numeric();
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

/// Returns true if one of the words, in the singular or the plural, is in the list.
fn has_word(words: &[String], list: &str) -> bool {
    let is_listed = |text: &str| list.split_whitespace().any(|listed| listed == text);
    words.iter().any(|word| is_listed(word) || word.strip_suffix('s').is_some_and(is_listed))
}

/// Returns the words of the last step of a pointer: `path` of `/files/*/path`.
fn own_words(name: &str) -> Vec<String> {
    words(name.rsplit('/').next().unwrap_or(name))
}

/// Returns true if the argument seems to be an amount, such as one of money.
pub(super) fn is_amount(name: &str) -> bool {
    const AMOUNTS: &str = "amount amt balance budget charge cost credit debit deposit fare fee fund \
        money pay payment payout price qty quantity refund salary spend spending sum tip total wage \
        withdrawal cent dollar euro eur usd gbp chf jpy pence yen";
    /// `total_count` and `payment_id` are not amounts.
    const OTHER_HEADS: &str = "code count id index number page type";
    let words = own_words(name);
    let head = words.last().map(std::slice::from_ref).unwrap_or_default();
    has_word(&words, AMOUNTS) && !has_word(head, OTHER_HEADS)
}

/// Returns true if the argument seems to be a path.
pub(super) fn is_path(name: &str) -> bool {
    const PATHS: &str =
        "cwd dir directory file filename filepath folder path pathname subdir workdir";
    has_word(&own_words(name), PATHS)
}

/// Returns true if the argument seems to be a media type, such as `image/png`.
pub(super) fn is_media_type(name: &str) -> bool {
    has_word(&own_words(name), "accept format media mime type")
}

/// Returns true if the argument seems to be a URL.
pub(super) fn is_url(name: &str) -> bool {
    const URLS: &str = "callback endpoint href link origin redirect site uri url webhook website";
    has_word(&own_words(name), URLS)
}

/// Returns true if the argument seems to be the name of a host.
pub(super) fn is_host(name: &str) -> bool {
    has_word(&own_words(name), "domain host hostname server")
}

/// Returns true if the argument seems to be a mail address.
pub(super) fn is_mail(name: &str) -> bool {
    const ADDRESSES: &str = "attendee bcc cc email from mail mailbox recipient sender to";
    has_word(&own_words(name), ADDRESSES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_into_words() {
        for (name, expected) in [
            ("amount", "amount"),
            ("amount_cents", "amount cents"),
            ("totalAmount", "total amount"),
            ("max-price.eur", "max price eur"),
            ("AMOUNT", "amount"),
            ("/items/*/unitPrice", "items unit price"),
            ("", ""),
        ] {
            assert_eq!(words(name).join(" "), expected);
        }
    }

    #[test]
    fn amounts_are_told_by_their_names() {
        for name in [
            "amount",
            "amounts",
            "AMOUNT",
            "amount_cents",
            "totalAmount",
            "price",
            "unit-price",
            "total",
            "cost",
            "fee",
            "refund",
            "/order/total",
            "/items/*/price",
            "salary_usd",
            "spending_limit",
            "quantity",
        ] {
            assert!(is_amount(name), "{name}");
        }
        for name in [
            "limit",
            "count",
            "total_count",
            "payment_id",
            "pages",
            "size",
            "summary",
            "costume",
            "feed",
            "tips_page",
            "/amount/digits",
            "priceless",
        ] {
            assert!(!is_amount(name), "{name}");
        }
    }
}
