//! How much was in use at once.

/// The most that was in use at any instant, of (start, end, amount); what ends makes room for what starts then.
pub(crate) fn peak(uses: impl Iterator<Item = (u64, u64, u32)>) -> u64 {
    let mut changes: Vec<(u64, i64)> = uses
        .flat_map(|(start, end, amount)| [(start, i64::from(amount)), (end.max(start), -i64::from(amount))])
        .collect();
    changes.sort_unstable();
    let (mut used, mut most) = (0, 0);
    for (_, change) in changes {
        used += change;
        most = most.max(used);
    }
    most.unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::peak;

    #[test]
    fn what_ends_makes_room() {
        assert_eq!(peak([(0, 10, 2), (10, 20, 3), (5, 15, 1)].into_iter()), 4);
        assert_eq!(peak([].into_iter()), 0);
    }
}
