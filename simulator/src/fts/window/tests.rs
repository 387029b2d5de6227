use proptest::prelude::*;

use super::*;

fn at(seconds: f64) -> SimTime {
    SimTime::from_secs_f64(seconds)
}

fn copied(ended: f64, took: f64, bytes: u64) -> Copied {
    Copied {
        started_at: at(ended - took),
        ended_at: at(ended),
        copying: SimSpan::from_secs_f64(took),
        bytes: Bytes::new(bytes),
    }
}

fn minutes(window: SimSpan) -> f64 {
    window.as_secs_f64() / 60.0
}

#[test]
fn statement_08_window_choice() {
    let window_of = |took: Option<f64>| {
        let mut window = Window::default();
        if let Some(took) = took {
            window.copied(&copied(3000.0, took, 1));
        }
        minutes(window.measure(at(3600.0), std::iter::empty()).window)
    };
    let windows = [Some(20.0), Some(100.0), Some(1000.0), None].map(window_of);
    assert_eq!(windows, [5.0, 15.0, 30.0, 30.0]);
    // The mean is cut to whole seconds; one of exactly 30 falls between the two ranges, one below 1 counts as no data.
    let windows = [0.9, 1.0, 29.99, 30.99, 31.0, 899.99, 900.0].map(|took| window_of(Some(took)));
    assert_eq!(windows, [30.0, 5.0, 5.0, 30.0, 15.0, 15.0, 30.0]);
}

#[test]
fn success_is_rounded_up_and_counts_recoverable_failures_only() {
    let mut window = Window::default();
    assert_eq!(window.measure(at(0.0), std::iter::empty()).success, 100);
    for nth in 0..193 {
        window.copied(&copied(1000.0 + f64::from(nth), 100.0, 1));
    }
    for _ in 0..7 {
        window.failed(at(1200.0));
    }
    // 96.5 %.
    assert_eq!(window.measure(at(1200.0), std::iter::empty()).success, 97);
    window.failed(at(1201.0));
    window.failed(at(1201.0));
    // 95.5 %.
    assert_eq!(window.measure(at(1201.0), std::iter::empty()).success, 96);
}

#[test]
fn throughput_is_of_what_lies_in_the_window() {
    let mut window = Window::default();
    // 10 B/s for 100 s, of which 40 lie in the window, which is 15 minutes.
    window.copied(&copied(1040.0, 100.0, 1009));
    // Within one second: all of it.
    window.copied(&Copied { copying: SimSpan::from_secs_f64(100.0), ..copied(1900.4, 0.2, 77) });
    let active = [ActiveFile { started_at: at(1880.0), bytes: Bytes::new(5000), moved: Bytes::new(215) }];
    let measured = window.measure(at(1900.9), active.into_iter());
    // The rate of an active file is floor(215 / 20).
    assert_eq!(measured.throughput, (10.0 * 40.0 + 77.0 + 10.0 * 20.0) / 900.0);
    assert_eq!(measured.mean_size, (1009.0 + 77.0 + 5000.0) / 3.0);
    assert_eq!(measured.success, 100);
}

#[test]
fn what_ended_just_a_window_ago_has_throughput_but_no_success() {
    let mut window = Window::default();
    window.copied(&copied(999.0, 100.0, 900));
    window.failed(at(1000.0));
    window.copied(&copied(1000.0, 100.0, 900));
    window.copied(&copied(1500.0, 100.0, 900));
    let measured = window.measure(at(1900.0), std::iter::empty());
    // The one that ended at 1000 s has no second in the window, but a size.
    assert_eq!((measured.success, measured.throughput), (100, 1.0));
    assert_eq!(measured.mean_size, 900.0);
    window.failed(at(1901.0));
    assert_eq!(window.measure(at(1901.0), std::iter::empty()).success, 50);
}

#[test]
fn what_ended_just_30_minutes_ago_has_throughput_but_no_copy_time() {
    let mut window = Window::default();
    window.copied(&copied(1000.9, 0.5, 1800));
    assert_eq!(window.measure(at(2800.0), std::iter::empty()).throughput, 1.0);
    let mut window = Window::default();
    window.copied(&copied(1000.0, 900.0, 1));
    window.copied(&copied(2000.0, 20.0, 1));
    assert_eq!(minutes(window.measure(at(2799.0), std::iter::empty()).window), 15.0);
    assert_eq!(minutes(window.measure(at(2800.0), std::iter::empty()).window), 5.0);
}

#[test]
fn an_active_file_is_known_as_of_its_last_ping() {
    let mut progress = Progress::new(at(10.0));
    let mut look = |now, moved| progress.look(at(10.0), at(now), Bytes::new(moved));
    assert_eq!(look(40.0, 300), (at(10.0), Bytes::ZERO), "no ping yet");
    assert_eq!(look(100.0, 900), (at(70.0), Bytes::new(600)), "half-way from 40 s to 100 s");
    assert_eq!(look(110.0, 1500), (at(70.0), Bytes::new(600)), "as before");
    assert_eq!(look(130.0, 1700), (at(130.0), Bytes::new(1700)));
}

/// Keeps everything that ever ended and looks at all of it.
#[derive(Default)]
struct Twin {
    copied: Vec<Copied>,
    failed: Vec<SimTime>,
}

impl Twin {
    fn measure(&self, now: SimTime, active: &[ActiveFile]) -> Measured {
        let s = |at: SimTime| at.as_secs_f64().floor();
        let now = s(now);
        let recent = self.copied.iter().filter(|file| s(file.ended_at) > now - 1800.0);
        let times: Vec<f64> = recent.map(|file| file.copying.as_secs_f64()).filter(|took| *took > 0.0).collect();
        let mean = if times.is_empty() { 0.0 } else { times.iter().sum::<f64>() / times.len() as f64 };
        let mean = (mean + 1e-9).floor();
        let window = if mean > 0.0 && mean < 30.0 {
            300.0
        } else if mean > 30.0 && mean < 900.0 {
            900.0
        } else {
            1800.0
        };
        let since = now - window;
        let ended: Vec<&Copied> = self.copied.iter().filter(|file| s(file.ended_at) >= since).collect();
        let of_ended = ended.iter().map(|file| {
            let took = s(file.ended_at) - s(file.started_at);
            let rate = (file.bytes.as_f64() / took).floor();
            if took > 0.0 { rate * (s(file.ended_at) - s(file.started_at).max(since)) } else { file.bytes.as_f64() }
        });
        let of_active = active.iter().map(|file| {
            let took = now - s(file.started_at);
            let rate = (file.moved.as_f64() / took).floor();
            if took > 0.0 { rate * (now - s(file.started_at).max(since)) } else { 0.0 }
        });
        let sizes = ended.iter().map(|file| file.bytes).chain(active.iter().map(|file| file.bytes));
        let sizes: Vec<f64> = sizes.map(Bytes::as_f64).filter(|size| *size > 0.0).collect();
        let n_well = ended.iter().filter(|file| s(file.ended_at) > since).count();
        let n_failed = self.failed.iter().filter(|at| s(**at) > since).count();
        Measured {
            window: SimSpan::from_secs_f64(window),
            throughput: of_ended.chain(of_active).sum::<f64>() / window,
            mean_size: if sizes.is_empty() { 0.0 } else { sizes.iter().sum::<f64>() / sizes.len() as f64 },
            success: match n_well + n_failed {
                0 => 100,
                n => (100.0 * n_well as f64 / n as f64).ceil() as u32,
            },
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]
    /// Against the twin: each step waits, ends something, and sometimes measures.
    #[test]
    fn a_twin_that_forgets_nothing_measures_the_same(
        scale in prop_oneof![Just(1_u64), Just(30), Just(300)],
        steps in proptest::collection::vec((0_u64..40_000, 0_u64..9_000, 0_u64..10_000_000, 0_u8..8), 1..120),
    ) {
        let (mut window, mut twin, mut now_ms) = (Window::default(), Twin::default(), 0);
        let ms = |ms: u64| SimTime::from_nanos(ms * 1_000_000);
        for (wait, took, bytes, what) in steps {
            // Whole seconds now and then, so that the windows' edges are met.
            now_ms += if wait % 3 == 0 { wait / 1000 * 60_000 / 4 } else { wait };
            let took = (took * scale).min(now_ms);
            let started_at = ms(now_ms - took);
            match what {
                0 => {
                    window.failed(ms(now_ms));
                    twin.failed.push(ms(now_ms));
                }
                1 => {
                    let file = ActiveFile { started_at, bytes: Bytes::new(bytes), moved: Bytes::new(bytes / 2) };
                    let fast = window.measure(ms(now_ms), [file].into_iter());
                    prop_assert_eq!(fast, twin.measure(ms(now_ms), &[file]));
                }
                _ => {
                    let copying = SimSpan::from_nanos(took / 2 * 1_000_000);
                    let file = Copied { started_at, ended_at: ms(now_ms), copying, bytes: Bytes::new(bytes) };
                    window.copied(&file);
                    twin.copied.push(file);
                }
            }
        }
        prop_assert_eq!(window.measure(ms(now_ms), std::iter::empty()), twin.measure(ms(now_ms), &[]));
        let oldest = now_ms / 1000;
        prop_assert!(window.ends.iter().all(|end| end.ended_s + LONGEST_S >= oldest as i64));
    }
}
