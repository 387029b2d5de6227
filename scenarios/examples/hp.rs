use dapple_scenarios::fit::*;
use std::time::Instant;
fn main() {
    let p = std::path::PathBuf::from(std::env::var("DAPPLE_DATA").unwrap());
    let t = Instant::now();
    let Hpss { log, replay } = Hpss::load(&p).unwrap();
    println!("read {:?} rows {}", t.elapsed(), log.transfers.len());
    let n: usize = std::env::args().nth(1).map_or(3, |x| x.parse().unwrap());
    for _ in 0..n {
        let t = Instant::now();
        let s = replay_score(&log, &replay, 0.3).unwrap();
        println!("score {} {:?}", s.second_half, t.elapsed());
    }
    if let Some(k) = std::env::args().nth(2) {
        let k: usize = k.parse().unwrap();
        let t = Instant::now();
        let laws = &Law::ALL[..];
        let laws = if k < 99 { &laws[k..=k] } else { laws };
        let s = calibrate(&log, &replay, laws, &Settings::default(), &|l| eprintln!("{} {:?}", l.name(), t.elapsed()))
            .unwrap();
        for x in &s {
            println!(
                "{:28} {:.4} {:.4} {:.4} {:.4?} q {} {:.5} {:.4?} h {} {:.5}",
                x.law.name(),
                x.validation,
                x.first_half,
                x.second_half,
                x.on_half.constants,
                x.on_quarter.replays,
                x.on_quarter.objective,
                x.on_quarter.constants,
                x.on_half.replays,
                x.on_half.objective
            );
        }
        println!("{:?} selected {:?}", t.elapsed(), selected(&s).map(|i| s[i].law.name()));
    }
}
