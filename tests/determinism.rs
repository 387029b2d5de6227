//! The same bytes, however they come about.

use crate::{Lab, assert_same};

#[test]
fn the_number_of_threads_does_not_matter() {
    let lab = Lab::new();
    lab.dapple(&["run", "trial.ron", "--out", "one", "--jobs", "1"]).exits(0);
    lab.dapple(&["run", "trial.ron", "--out", "two", "--jobs", "2"]).exits(0);
    lab.dapple(&["run", "trial.ron", "--out", "many", "--jobs", "8"]).exits(0);
    let one = lab.results("one");
    assert!(one.keys().any(|name| name.ends_with("/jobs.parquet")), "{:?}", one.keys());
    assert_same(&one, &lab.results("two"));
    assert_same(&one, &lab.results("many"));
}

#[test]
fn the_order_of_policies_does_not_matter_to_a_run() {
    let lab = Lab::new();
    let place = "(name: \"place\", access: Place(min_reuse: 1)),";
    let remote = "(name: \"remote\", access: AlwaysRemote),";
    let swapped = crate::TRIAL.replace(place, "@").replace(remote, place).replace('@', remote);
    assert_ne!(swapped, crate::TRIAL);
    lab.write("swapped.ron", &swapped);
    lab.dapple(&["run", "trial.ron", "--out", "one"]).exits(0);
    lab.dapple(&["run", "swapped.ron", "--out", "two"]).exits(0);
    let runs = |dir| {
        let mut files = lab.results(dir);
        files.retain(|name, _| name.starts_with("run-") || name == "runs.parquet");
        files
    };
    // The scenario's hash in the metadata of runs.parquet tells the order, the runs do not.
    let (mut one, mut two) = (runs("one"), runs("two"));
    one.remove("runs.parquet");
    two.remove("runs.parquet");
    assert_same(&one, &two);
}

#[test]
fn policies_meet_the_same_jobs() {
    let lab = Lab::new();
    let arguments = ["run", "trial.ron", "--out", "out", "--format", "csv", "--set", "experiment.replications=1"];
    lab.dapple(&arguments).exits(0);
    let results = lab.results("out");
    let mut submissions: Vec<Vec<String>> = Vec::new();
    for (name, bytes) in results.iter().filter(|(name, _)| name.ends_with("/jobs.csv")) {
        let text = String::from_utf8_lossy(bytes);
        let mut lines = text.lines();
        let heading: Vec<&str> = lines.next().expect("it has a heading").split(',').collect();
        let column = |wanted: &str| heading.iter().position(|name| *name == wanted).expect(name);
        let wanted = [column("job"), column("submitted_at_ns"), column("input_bytes")];
        let row = |line: &str| {
            let cells: Vec<&str> = line.split(',').collect();
            wanted.map(|column| cells[column]).join(",")
        };
        submissions.push(lines.map(row).collect());
    }
    assert_eq!(submissions.len(), 3);
    assert!(submissions[0].len() > 100, "{} jobs", submissions[0].len());
    assert!(submissions.iter().all(|jobs| *jobs == submissions[0]));
}
