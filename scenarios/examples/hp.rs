use dapple_scenarios::fit::*;
use std::time::Instant;
fn main() {
    let p = std::path::PathBuf::from(std::env::var("DAPPLE_DATA").unwrap()).join("hpss-transfers/transfers.csv.gz");
    let t = Instant::now();
    let log = TransferLog::read(&p).unwrap();
    println!("read {:?} rows {}", t.elapsed(), log.transfers.len());
    let law = Law { curve: Curve::Approach, start_up: StartUp::Queued };
    let t = Instant::now();
    let n: usize = std::env::args().nth(1).map_or(3, |x| x.parse().unwrap());
    for _ in 0..n {
        let (s, _) =
            replay_score(&log, &law.mover(&[1175.03, 2.57813, 1.42868, 1.57189]), &Settings::default()).unwrap();
        println!("score {s} {:?}", t.elapsed());
    }
    let law = Law { curve: Curve::Approach, start_up: StartUp::Fixed };
    let (s, _) = replay_score(&log, &law.mover(&[1174., 2.571, 3.298]), &Settings::default()).unwrap();
    println!("fixed {s}");
}
