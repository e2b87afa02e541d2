use chrono::TimeZone as _;
use chrono_tz::Europe::London;

use super::*;
use crate::run::Workspace;

fn hit(id: &str, as_of: &str, open: bool) -> Held {
    Held {
        id: id.to_owned(),
        pattern: "nhs-number".to_owned(),
        document: "quality-group/2026-27-q1/sbar.pdf".to_owned(),
        job: "quarterly".to_owned(),
        as_of: as_of.to_owned(),
        run: format!("quarterly-{as_of}"),
        detail: "possible NHS number on page 1".to_owned(),
        open,
        release: None,
    }
}

#[test]
fn an_open_hit_is_told_however_old_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let now = London.with_ymd_and_hms(2028, 1, 5, 9, 0, 0).unwrap();
    let mut picture = Picture::take(&Workspace::new(dir.path()), None, now).unwrap();
    picture.hits = vec![
        hit("old", "2026-07-14", true),
        hit("new", "2028-01-04", true),
        hit("ahead", "2028-01-14", true),
        hit("closed", "2028-01-04", false),
    ];
    let all = invariants(&picture);
    let guard = all.iter().find(|i| i.name == "guard").unwrap();
    let told: Vec<&str> = guard.broken.iter().map(|b| b.about.as_str()).collect();
    assert_eq!((guard.state, told), (Verdict::Broken, vec!["old", "new", "ahead"]));
}
