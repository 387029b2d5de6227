use super::*;
use crate::ids::Id;
use crate::units::SimSpan;

const SHIPPED: fn() -> Staging =
    || Staging { every: SimSpan::from_secs_f64(60.0), wait: SimSpan::from_secs_f64(300.0), ..Staging::default() };

fn at(seconds: f64) -> SimTime {
    SimTime::from_secs_f64(seconds)
}

fn place(rse: usize) -> Place {
    (VoId::from_index(0), RseId::from_index(rse))
}

/// Passes at 7, 67, 127, .. s; files are submitted at these instants, in order. When bulks of how many went.
fn run(settings: Staging, submitted: &[(f64, usize)]) -> Vec<(f64, usize)> {
    let phase = if settings.every > SimSpan::ZERO { SimSpan::from_secs_f64(7.0) } else { SimSpan::ZERO };
    let mut bulks = Bulks::new(settings, Ticker::new(settings.every, phase));
    let mut passes: Vec<SimTime> = Vec::new();
    let mut went = Vec::new();
    let mut next_file = 0;
    let mut submitted = submitted.iter().peekable();
    loop {
        passes.sort_unstable();
        let comes = submitted.peek().map(|(second, _)| at(*second));
        match (passes.first().copied(), comes) {
            (pass, Some(now)) if pass.is_none_or(|pass| now < pass) => {
                let &(_, rse) = submitted.next().expect("peeked");
                passes.extend(bulks.push(FtsFileId::from_index(next_file), place(rse), now));
                next_file += 1;
            }
            (Some(now), _) => {
                passes.remove(0);
                let (going, next) = bulks.pass(now);
                went.extend(going.iter().map(|bulk| (now.as_secs_f64(), bulk.files.len())));
                passes.extend(next);
            }
            (None, _) => return went,
        }
    }
}

/// Statement 16, first half: a lone file is asked for 300 to 420 s after its submission, 200 at once at the next pass.
#[test]
fn statement_16_requests() {
    for second in 0..120 {
        let second = f64::from(second);
        let went = run(SHIPPED(), &[(second, 0)]);
        let [(asked, 1)] = went[..] else { panic!("one file goes once: {went:?}") };
        assert!((300.0..=420.0).contains(&(asked - second)), "{second}: {asked}");
        let many = run(SHIPPED(), &[(second, 0); 200]);
        let [(asked, 200)] = many[..] else { panic!("a full bulk goes as one: {many:?}") };
        assert!(asked - second <= 60.0 && asked > second);
    }
}

#[test]
fn less_than_a_bulk_waits_and_goes_with_what_has_come() {
    // Seen at 7 s, so it waits until 307 s; the next one begins to wait anew.
    assert_eq!(run(SHIPPED(), &[(0.0, 0), (100.0, 0), (306.0, 0), (308.0, 0)]), [(307.0, 3), (667.0, 1)]);
}

#[test]
fn a_bulk_that_is_full_goes_and_what_is_over_goes_with_it() {
    let mut submitted = vec![(0.0, 0); 199];
    submitted.push((100.0, 0));
    assert_eq!(run(SHIPPED(), &submitted), [(127.0, 200)]);
    assert_eq!(run(SHIPPED(), &[(0.0, 0); 450]), [(7.0, 200), (7.0, 200), (7.0, 50)]);
}

#[test]
fn each_rse_has_bulks_of_its_own() {
    assert_eq!(run(SHIPPED(), &[(0.0, 0), (70.0, 1)]), [(307.0, 1), (427.0, 1)]);
}

#[test]
fn no_daemon_asks_at_once() {
    assert_eq!(run(Staging::default(), &[(1.0, 0), (2.5, 0)]), [(1.0, 1), (2.5, 1)]);
}

#[test]
fn open_requests_and_files_under_way_hold_back_further_ones() {
    let settings = Staging { max_open: 1, bulk: 2, ..SHIPPED() };
    let mut bulks = Bulks::new(settings, Ticker::new(settings.every, SimSpan::from_secs_f64(7.0)));
    let mut file = 0;
    let mut push = |bulks: &mut Bulks, now| {
        file += 1;
        bulks.push(FtsFileId::from_index(file), place(0), at(now))
    };
    assert_eq!(push(&mut bulks, 0.0), Some(at(7.0)));
    (0..3).for_each(|_| assert_eq!(push(&mut bulks, 0.0), None));
    // As many bulks as there are go at one pass; more than one are open then.
    assert_eq!(bulks.pass(at(7.0)).0.len(), 2);
    assert_eq!(push(&mut bulks, 10.0), None);
    assert_eq!(push(&mut bulks, 10.0), None);
    assert_eq!(bulks.ended(place(0), (1, false), at(20.0)), None);
    assert_eq!(bulks.ended(place(0), (1, true), at(30.0)), Some(at(67.0)));
    assert_eq!(bulks.pass(at(67.0)).0.len(), 1);
}
