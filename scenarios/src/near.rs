//! Did you mean ...?

/// The candidates that a misspelt word is nearest to: none where none is near, several where it is as near to each, as
/// `MBPS` is to `Mbps` and `MBps`.
pub(crate) fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Vec<&'c str> {
    let word = word.to_lowercase();
    let likeness = |candidate: &str| {
        let candidate = candidate.to_lowercase();
        let edits = strsim::normalized_damerau_levenshtein(&word, &candidate);
        let start = strsim::jaro_winkler(&word, &candidate);
        (edits >= 0.6 || start >= 0.86).then_some(edits + start)
    };
    let near: Vec<(f64, &str)> =
        candidates.into_iter().filter_map(|candidate| Some((likeness(candidate)?, candidate))).collect();
    let best = near.iter().map(|(likeness, _)| *likeness).fold(0.0, f64::max);
    near.into_iter().filter(|(likeness, _)| *likeness == best).map(|(_, candidate)| candidate).collect()
}

/// ``did you mean `a` or `b`? ``, with a space behind it; empty where nothing is near.
pub(crate) fn did_you_mean<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> String {
    let near: Vec<String> = nearest(word, candidates).into_iter().map(|near| format!("`{near}`")).collect();
    if near.is_empty() { String::new() } else { format!("did you mean {}? ", near.join(" or ")) }
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
        let units = ["Kbps", "Mbps", "Gbps", "Tbps", "Bps", "kBps", "MBps", "GBps", "TBps"];
        assert_eq!(nearest("DESY_DATADISC", ["CERN_DATADISK", "DESY_DATADISK"]), ["DESY_DATADISK"]);
        assert_eq!(nearest("bandwidht", ["name", "bandwidth", "latency"]), ["bandwidth"]);
        assert_eq!(nearest("colour", ["name", "bandwidth", "latency"]), [""; 0]);
        for (word, both) in [
            ("Gbits", ["Gbps", "GBps"]),
            ("GB", ["Gbps", "GBps"]),
            ("MBPS", ["Mbps", "MBps"]),
            ("KBPS", ["Kbps", "kBps"]),
        ] {
            assert_eq!(nearest(word, units), both, "{word}: bits and bytes differ by a factor of eight");
        }
        assert_eq!(did_you_mean("MBPS", units), "did you mean `Mbps` or `MBps`? ");
    }
}
