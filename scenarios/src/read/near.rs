//! Did you mean ...?

/// The candidate that a misspelt word is nearest to, if one is near.
pub(crate) fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let word = word.to_lowercase();
    let likeness = |candidate: &str| {
        let candidate = candidate.to_lowercase();
        let edits = strsim::normalized_damerau_levenshtein(&word, &candidate);
        let start = strsim::jaro_winkler(&word, &candidate);
        (edits >= 0.6 || start >= 0.86).then_some(edits + start)
    };
    let mut best: Option<(f64, &str)> = None;
    for candidate in candidates {
        if let Some(likeness) = likeness(candidate)
            && best.is_none_or(|(so_far, _)| likeness > so_far)
        {
            best = Some((likeness, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// `a`, `b`, `c`: the first 30 of them.
pub(crate) fn listed<'c>(words: impl IntoIterator<Item = &'c str>) -> String {
    const SHOWN: usize = 30;
    let words: Vec<&str> = words.into_iter().collect();
    let shown: Vec<String> = words.iter().take(SHOWN).map(|word| format!("`{word}`")).collect();
    match words.len() {
        0 => "none".into(),
        n if n > SHOWN => format!("{} and {} more", shown.join(", "), n - SHOWN),
        _ => shown.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_not() {
        let units = ["Kbps", "Mbps", "Gbps", "Tbps", "MBps", "GBps", "TBps"];
        assert_eq!(nearest("Gbits", units), Some("Gbps"));
        assert_eq!(nearest("DESY_DATADISC", ["CERN_DATADISK", "DESY_DATADISK"]), Some("DESY_DATADISK"));
        assert_eq!(nearest("bandwidht", ["name", "bandwidth", "latency"]), Some("bandwidth"));
        assert_eq!(nearest("colour", ["name", "bandwidth", "latency"]), None);
    }
}
