//! Papers from the command line: what is listed, printed and written.

use crate::Lab;

#[test]
fn what_can_be_reproduced_is_listed_and_misspelt_names_get_a_hint() {
    let lab = Lab::new();
    assert!(lab.dapple(&["reproduce"]).exits(0).out.contains("remote-access"));
    assert!(lab.dapple(&["reproduce", "remote-acess"]).exits(2).err.contains("did you mean `remote-access`?"));
    assert!(lab.dapple(&["reproduce", "remote-access", "eq9"]).exits(2).err.contains("did you mean `eq"));
}

#[test]
fn an_item_is_printed_and_written() {
    let lab = Lab::new();
    let ran = lab.dapple(&["reproduce", "remote-access", "probe", "--out", "out"]).exits(0);
    assert!(ran.out.lines().any(|line| line.starts_with("0.023568")), "{}", ran.out);
    for file in ["report.html", "plots/probe.svg"] {
        assert!(lab.path("out/remote-access").join(file).is_file(), "{file}");
    }
}
