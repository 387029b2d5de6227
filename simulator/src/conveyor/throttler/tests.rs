use super::*;
use crate::ids::Id;

/// Where everything may be read, written and held.
struct Open;

impl Space for Open {
    fn is_readable(&self, _: RseId) -> bool {
        true
    }
    fn is_writable(&self, _: RseId) -> bool {
        true
    }
    fn free(&self, _: RseId) -> Option<Bytes> {
        None
    }
    fn placed(&self, _: RseId) -> Bytes {
        Bytes::ZERO
    }
}

/// An RSE that is not readable, one that is not writable, what is free at all of them and how much of what is active it leaves out.
struct Shut(usize, usize, u64, u64);

impl Space for Shut {
    fn is_readable(&self, rse: RseId) -> bool {
        rse.index() != self.0
    }
    fn is_writable(&self, rse: RseId) -> bool {
        rse.index() != self.1
    }
    fn free(&self, _: RseId) -> Option<Bytes> {
        Some(Bytes::new(self.2))
    }
    fn placed(&self, _: RseId) -> Bytes {
        Bytes::new(self.3)
    }
}

fn limit(max_transfers: u32) -> Limit {
    Limit {
        rses: vec![RseId::from_index(0)],
        direction: Direction::Destination,
        activity: None,
        max_transfers,
        strategy: Strategy::Fifo,
        within_space: false,
    }
}

fn group(source: usize, destination: usize, activity: usize) -> Group {
    let (source, destination) = (RseId::from_index(source), RseId::from_index(destination));
    Group { source, destination, activity: ActivityId::from_index(activity) }
}

fn at(s: u64) -> SimTime {
    SimTime::from_nanos(s * 1_000_000_000)
}

/// The nth request, at so many seconds, of one byte.
fn nth(request: usize, requested_s: u64, account: usize, dataset: u64) -> Waiting {
    Waiting {
        requested_at: at(requested_s),
        request: RequestId::from_index(request),
        account: AccountId::from_index(account),
        bytes: Bytes::new(1),
        dataset,
    }
}

fn numbers(released: &[Waiting]) -> Vec<usize> {
    released.iter().map(|waiting| waiting.request.index()).collect()
}

/// Twenty requests of one account from RSE 1 to RSE 0, one a second.
fn twenty(limits: Vec<Limit>) -> Throttler {
    let mut throttler = Throttler::new(4, limits);
    (0..20).for_each(|request| throttler.wait(group(1, 0, 0), nth(request, request as u64, 0, request as u64 / 4)));
    throttler
}

fn one() -> (AccountId, Bytes) {
    (AccountId::from_index(0), Bytes::new(1))
}

#[test]
fn statement_04_throttle_hysteresis() {
    let mut throttler = twenty(vec![limit(10)]);
    assert_eq!(numbers(&throttler.release(at(600), &Open)), (0..10).collect::<Vec<_>>(), "up to the limit");
    assert!(throttler.release(at(1200), &Open).is_empty());
    throttler.end(group(1, 0, 0), one());
    throttler.end(group(1, 0, 0), one());
    assert!(throttler.release(at(1800), &Open).is_empty(), "8 of 10 are not fewer than 80 %");
    throttler.end(group(1, 0, 0), one());
    assert_eq!(numbers(&throttler.release(at(2400), &Open)), [10, 11, 12], "and then up to the limit at once");
    assert_eq!(throttler.n_waiting(), 7);
}

#[test]
fn the_four_modes_of_2019_are_directions_with_and_without_an_activity() {
    let holds = |direction, activity: Option<usize>, group: Group| {
        let activity = activity.map(ActivityId::from_index);
        Throttler::new(4, vec![Limit { direction, activity, ..limit(1) }]).limits(group)
    };
    let to = |activity| group(1, 0, activity);
    let from = |activity| group(0, 1, activity);
    for (direction, at_it, elsewhere) in
        [(Direction::Destination, to as fn(usize) -> Group, from as fn(usize) -> Group), (Direction::Source, from, to)]
    {
        assert!(holds(direction, Some(2), at_it(2)) && !holds(direction, Some(2), at_it(1)));
        assert!(holds(direction, None, at_it(2)) && holds(direction, None, at_it(1)));
        assert!(!holds(direction, None, elsewhere(1)));
    }
}

#[test]
fn what_is_left_is_shared_among_accounts_fewest_waiting_first() {
    let mut throttler = Throttler::new(4, vec![limit(10)]);
    let waiting = [(0, 12), (1, 2), (2, 20)];
    let mut request = 0;
    for (account, n) in waiting {
        for _ in 0..n {
            throttler.wait(group(1, 0, 0), nth(request, request as u64, account, 0));
            request += 1;
        }
    }
    let released = throttler.release(at(600), &Open);
    let of = |account| released.iter().filter(|waiting| waiting.account == AccountId::from_index(account)).count();
    // Of 10: ceil(10 / 3) = 4 but only 2 wait; ceil(8 / 2) = 4; the other 4.
    assert_eq!([of(0), of(1), of(2)], [4, 2, 4]);
}

#[test]
fn the_oldest_goes_first_from_whichever_source_unless_sources_have_limits() {
    let mut throttler = Throttler::new(4, vec![limit(3)]);
    for (request, source) in [(0, 2), (1, 1), (2, 2), (3, 1)] {
        throttler.wait(group(source, 0, 0), nth(request, request as u64, 0, 0));
    }
    assert_eq!(numbers(&throttler.clone().release(at(600), &Open)), [0, 1, 2]);
    // A limit at source 2 tells the sources apart: each group goes in turn, source 1 first.
    let of_source = Limit { rses: vec![RseId::from_index(2)], direction: Direction::Source, ..limit(1) };
    let mut told_apart = Throttler::new(4, vec![limit(3), of_source]);
    for (request, source) in [(0, 2), (1, 1), (2, 2), (3, 1)] {
        told_apart.wait(group(source, 0, 0), nth(request, request as u64, 0, 0));
    }
    assert_eq!(numbers(&told_apart.release(at(600), &Open)), [1, 3, 0], "source 2 may send only one");
}

#[test]
fn datasets_go_whole_the_oldest_first_and_the_last_one_beyond_the_limit() {
    let grouped = |volume: Option<u64>, deadline: Option<f64>| Strategy::GroupedFifo {
        volume: volume.map(Bytes::new),
        deadline: deadline.map(SimSpan::from_secs_f64),
    };
    let with = |strategy| vec![Limit { strategy, ..limit(6) }];
    let released = |limits, now| twenty(limits).release(at(now), &Open).len();
    assert_eq!(released(with(grouped(None, None)), 600), 8, "datasets of 4: 4, then 4 more");
    assert_eq!(
        released(with(grouped(Some(13), None)), 600),
        12,
        "and one more that fits in 13 bytes, 8 of them under way"
    );
    assert_eq!(released(with(grouped(None, Some(10.0))), 25), 8, "groups of all sources know no deadline");
    let at_source =
        |strategy| vec![Limit { rses: vec![RseId::from_index(1)], direction: Direction::Source, strategy, ..limit(6) }];
    // At 25 s the datasets of 0, 4, 8 and 12 s are older than 10 s: sixteen requests, beyond the limit of six.
    assert_eq!(released(at_source(grouped(None, Some(10.0))), 25), 16);
    assert_eq!(released(at_source(grouped(None, None)), 25), 8);
}

#[test]
fn nothing_goes_where_nothing_may_be_written_or_read_nor_what_does_not_fit() {
    assert_eq!(twenty(vec![limit(6)]).release(at(600), &Shut(9, 0, 100, 0)).len(), 0);
    assert_eq!(
        twenty(vec![limit(6)]).release(at(600), &Shut(9, 9, 2, 0)).len(),
        6,
        "the shipped service looks at no space"
    );
    let mut looks = twenty(vec![Limit { within_space: true, ..limit(6) }]);
    assert_eq!(looks.release(at(600), &Shut(9, 9, 2, 0)).len(), 2);
    assert_eq!(looks.release(at(1200), &Shut(9, 9, 2, 0)).len(), 0, "these two are on their way");
    assert_eq!(looks.release(at(1800), &Shut(9, 9, 3, 0)).len(), 1);
    assert_eq!(looks.release(at(2400), &Shut(9, 9, 1, 2)).len(), 0, "one is to come, and takes what is left");
    assert_eq!(looks.release(at(3000), &Shut(9, 9, 1, 3)).len(), 1, "all three have their space");
}

#[test]
fn one_that_is_given_up_waits_no_more() {
    let mut throttler = twenty(vec![limit(2)]);
    throttler.forget(group(1, 0, 0), &nth(0, 0, 0, 0));
    assert_eq!(numbers(&throttler.release(at(600), &Open)), [1, 2]);
}

#[test]
fn accounts_together_get_no_more_than_datasets_before_them_have_left() {
    let strategy = Strategy::GroupedFifo { volume: None, deadline: None };
    let of_source = Limit { rses: vec![RseId::from_index(1)], direction: Direction::Source, strategy, ..limit(100) };
    let mut throttler = Throttler::new(4, vec![limit(6), of_source]);
    (0..4).for_each(|request| throttler.wait(group(1, 0, 0), nth(request, 0, 0, 0)));
    (4..12).for_each(|request| throttler.wait(group(2, 0, 0), nth(request, 0, request % 2, request as u64)));
    assert_eq!(throttler.release(at(600), &Open).len(), 6, "a dataset of 4, then 2 of the other source");
}
