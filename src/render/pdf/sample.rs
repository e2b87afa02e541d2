//! A quarterly pack of an invented board: every part of the subset in the company it will keep.

use std::fmt::Write;

/// The whole sample.
pub fn html() -> String {
    let body = [
        COVER.to_owned(),
        CONTENTS.to_owned(),
        summary(),
        data_and_visits(),
        themes(),
        SUPPORT.to_owned(),
        landscape(),
        SBAR.to_owned(),
        annex(200),
    ]
    .concat();
    format!("{HEAD}<body>\n{body}</body>\n</html>\n")
}

const HEAD: &str = r#"<!DOCTYPE html>
<html lang="en-GB">
<head>
  <meta charset="utf-8"/>
  <title>Primary care support: quarterly pack, quarter 4 2025/26</title>
  <meta name="author" content="Primary Care Team, NHS Northvale Integrated Care Board"/>
  <meta name="subject" content="Level of support for every general practice, quarter 4 2025/26"/>
  <meta name="keywords" content="general practice, support, quarterly pack"/>
  <meta name="date" content="2026-04-22"/>
  <meta name="classification" content="OFFICIAL-SENSITIVE"/>
  <meta name="footer" content="Quarterly pack, Q4 2025/26"/>
  <style>body { font-family: Arial, sans-serif }</style>
</head>
"#;

const COVER: &str = r##"
<section class="cover">
  <p>NHS Northvale Integrated Care Board</p>
  <h1>Primary care support: quarterly&nbsp;pack</h1>
  <p class="lead">Quarter 4, 2025/26 (January to March 2026)</p>
  <table class="facts">
    <tr><th scope="row">Committee</th><td>Primary Medical Services Group</td></tr>
    <tr><th scope="row">Meeting</th><td>Thursday 7 May 2026, 2pm</td></tr>
    <tr><th scope="row">Author</th><td>Head of Primary Care Quality</td></tr>
    <tr><th scope="row">Purpose</th><td>For decision and for information</td></tr>
    <tr><th scope="row">Data as at</th><td>31 March 2026; complaints as at 28 February 2026 (one month late)</td></tr>
    <tr><th scope="row">Previous pack</th><td>Quarter 3, sent 5 February 2026, revision 2</td></tr>
  </table>
  <div class="box decision">
    <p><strong>Decision asked for.</strong> The group is asked to:</p>
    <ol>
      <li>agree the level of support proposed for the 14 practices in <a href="#movement">section 2</a>;</li>
      <li>approve three changes to the visit programme;</li>
      <li>note that two exceptions were opened and one was closed.</li>
    </ol>
  </div>
</section>
"##;

const CONTENTS: &str = r#"
<h1 class="page-break">Contents</h1>
<nav class="toc"/>
"#;

fn summary() -> String {
    format!(
        r##"
<section>
<h1 class="page-break">1. Summary</h1>
<p class="lead">Fourteen practices change level this quarter, five upwards and nine downwards. All urgent visits took place in time.</p>
<div class="kpis">
  <div class="kpi"><p class="value">196</p><p class="label">practices</p><p class="note">1 closed, 0 opened</p></div>
  <div class="kpi"><p class="value">23</p><p class="label">at level 3 or above</p><p class="note">27 last quarter</p></div>
  <div class="kpi"><p class="value">17 of 17</p><p class="label">visits in time</p><p class="note">two clocks paused</p></div>
  <div class="kpi"><p class="value">82%</p><p class="label">offers taken up</p><p class="note">41 of 50 offers</p></div>
</div>
<p>The national dashboard and the teams’ own intelligence agree for 171 of the 196 practices. For eight practices the figures are quiet while two or more teams are concerned; for seventeen it is the other way round. Both groups are named in <a href="#annex">the annex</a> and were discussed with the place facing teams before this pack was written.</p>
<p>No evidence of change was found in access, screening and immunisation. The rate of complaints rose in Eastmoor, from 1.8 to 2.4 per 1,000 patients (31 of 17,120 to 41 of 17,080); with fewer than twelve quarters of data this is shown as a run chart and no limits are drawn.</p>
{CHART}
<div class="box info">
  <p><strong>How to read the levels</strong></p>
  <p>A level is an offer of support, not a rating. Each carries a shape and a word:</p>
  <ul>
    <li>{l1} the usual contact with the place facing team</li>
    <li>{l2} one topic, agreed with the practice</li>
    <li>{l3} a visit within twelve months</li>
    <li>{l4} a visit within one month</li>
    <li>{l5} a visit within one week</li>
    <li>{l0} too little data to propose a level; never read as “no concern”</li>
  </ul>
</div>
</section>
"##,
        l0 = level(0),
        l1 = level(1),
        l2 = level(2),
        l3 = level(3),
        l4 = level(4),
        l5 = level(5),
    )
}

/// The badge of a level, or of a practice not assessed.
fn level(n: usize) -> &'static str {
    [
        r#"<span class="badge shape-bar tone-none">Not assessed</span>"#,
        r#"<span class="badge shape-circle tone-1">Level 1 universal</span>"#,
        r#"<span class="badge shape-square tone-2">Level 2 targeted</span>"#,
        r#"<span class="badge shape-diamond tone-3">Level 3 planned</span>"#,
        r#"<span class="badge shape-triangle tone-4">Level 4 enhanced</span>"#,
        r#"<span class="badge shape-hexagon tone-5">Level 5 urgent</span>"#,
    ][n.min(5)]
}

const CHART: &str = r##"
<figure id="chart">
<svg viewBox="0 0 640 236" width="640" height="236" role="img">
  <title>Fewer practices need support in four of five places</title>
  <desc>Practices at level 3 or above, last quarter and this quarter. Eastmoor 9 and 6, Harbour 5 and 4, Northvale City 6 and 7, Riverside 4 and 3, The Fells 3 and 3.</desc>
  <g font-size="12" fill="#212B32">
    <rect x="112" y="2" width="12" height="12" fill="#12436D"/><text x="130" y="12">This quarter</text>
    <rect x="222" y="2" width="12" height="12" fill="#A7C4DD"/><text x="240" y="12">Last quarter</text>
  </g>
  <g transform="translate(112,24)">
    <line x1="96" y1="0" x2="96" y2="186" stroke="#D8DDE0" stroke-width="1"/>
    <line x1="192" y1="0" x2="192" y2="186" stroke="#D8DDE0" stroke-width="1"/>
    <line x1="288" y1="0" x2="288" y2="186" stroke="#D8DDE0" stroke-width="1"/>
    <line x1="384" y1="0" x2="384" y2="186" stroke="#D8DDE0" stroke-width="1"/>
    <g fill="#12436D">
      <rect x="0" y="4" width="288" height="13"/><rect x="0" y="41" width="192" height="13"/>
      <rect x="0" y="78" width="336" height="13"/><rect x="0" y="115" width="144" height="13"/>
      <rect x="0" y="152" width="144" height="13"/>
    </g>
    <g fill="#A7C4DD">
      <rect x="0" y="18" width="432" height="13"/><rect x="0" y="55" width="240" height="13"/>
      <rect x="0" y="92" width="288" height="13"/><rect x="0" y="129" width="192" height="13"/>
      <rect x="0" y="166" width="144" height="13"/>
    </g>
    <line x1="0" y1="0" x2="0" y2="186" stroke="#595959" stroke-width="1"/>
    <g font-size="12" fill="#212B32" text-anchor="end">
      <text x="-8" y="21">Eastmoor</text><text x="-8" y="58">Harbour</text>
      <text x="-8" y="95">Northvale City</text><text x="-8" y="132">Riverside</text>
      <text x="-8" y="169">The Fells</text>
    </g>
    <g font-size="12" fill="#212B32">
      <text x="293" y="15">6</text><text x="437" y="29">9</text><text x="197" y="52">4</text>
      <text x="245" y="66">5</text><text x="341" y="89">7</text><text x="293" y="103">6</text>
      <text x="149" y="126">3</text><text x="197" y="140">4</text><text x="149" y="163">3</text>
      <text x="149" y="177">3</text>
    </g>
    <g font-size="12" fill="#595959" text-anchor="middle">
      <text x="0" y="203">0</text><text x="96" y="203">2</text><text x="192" y="203">4</text>
      <text x="288" y="203">6</text><text x="384" y="203">8</text>
    </g>
  </g>
</svg>
<figcaption>Figure 1. Practices at level 3 or above by place. Source: rules of 1 April 2026 on data as at 31 March 2026. The numbers are in table 2.</figcaption>
</figure>
"##;

fn data_and_visits() -> String {
    format!(
        r##"
<section>
<h1>2. Data and visits</h1>
<h2 id="movement">2.1 Movement since the last pack</h2>
<p>Each change of level is put down to one cause: new data, a changed threshold, a decision by a named person, or a file that came late. None of the changes below is due to a late file.</p>
<table>
  <caption>Table 1. Practices whose level changes</caption>
  <col width="31%"/><col/><col/><col width="30%"/>
  <thead><tr><th>Practice</th><th>Last quarter</th><th>This quarter</th><th>Cause</th></tr></thead>
  <tbody>
    <tr><th scope="row">Weavers Lane Surgery (X81034)</th><td>{l3}</td><td>{l5}</td><td>Data: safeguarding concern of 11 March, corroborated by complaints</td></tr>
    <tr><th scope="row">Łódź Road Medical Centre (X81007)</th><td>{l2}</td><td>{l4}</td><td>Data: three sources agree (variation score ≥ 12)</td></tr>
    <tr><th scope="row">Tarn Side Practice (X81122)</th><td>{l4}</td><td>{l2}</td><td>Decision: Head of Quality, until 30 September 2026</td></tr>
    <tr><th scope="row">Quayside Health (X81090)</th><td>{l0}</td><td>{l1}</td><td>Data: first full year after the merger of 2025</td></tr>
  </tbody>
</table>
<h2>2.2 Level by place</h2>
<p>The numbers behind figure 1, with the practices that could not be assessed:</p>
<table>
  <caption>Table 2. Practices by place and level, this quarter and (last quarter)</caption>
  <thead>
    <tr><th rowspan="2">Place</th><th colspan="3" class="center">Level</th><th rowspan="2" class="num">Not assessed</th><th rowspan="2" class="num">All</th></tr>
    <tr><th class="num">1 and 2</th><th class="num">3</th><th class="num">4 and 5</th></tr>
  </thead>
  <tbody>
    <tr><th scope="row">Eastmoor</th><td class="num">35 (33)</td><td class="num">5 (7)</td><td class="num">1 (2)</td><td class="num">0 (0)</td><td class="num">41</td></tr>
    <tr><th scope="row">Harbour</th><td class="num">32 (31)</td><td class="num">3 (4)</td><td class="num">1 (1)</td><td class="num">1 (1)</td><td class="num">37</td></tr>
    <tr><th scope="row">Northvale City</th><td class="num">46 (47)</td><td class="num">4 (5)</td><td class="num">3 (1)</td><td class="num">2 (2)</td><td class="num">55</td></tr>
    <tr><th scope="row">Riverside</th><td class="num">29 (29)</td><td class="num">3 (3)</td><td class="num">0 (1)</td><td class="num">1 (0)</td><td class="num">33</td></tr>
    <tr><th scope="row">The Fells</th><td class="num">26 (26)</td><td class="num">3 (3)</td><td class="num">0 (0)</td><td class="num">1 (1)</td><td class="num">30</td></tr>
    <tr><th scope="row"><strong>All places</strong></th><td class="num"><strong>168 (166)</strong></td><td class="num"><strong>18 (22)</strong></td><td class="num"><strong>5 (5)</strong></td><td class="num"><strong>5 (4)</strong></td><td class="num"><strong>196</strong></td></tr>
  </tbody>
</table>
<h2>2.3 Visits</h2>
<p>At the present rate of 66 visits a year every practice will have been seen within three years, by December 2027. Two clocks are paused, each with a reason:</p>
<ul>
  <li>Tarn Side Practice, from 2 March: the partner who leads on quality is on leave
    <ul><li>the visit is now due on 12 May</li><li>the practice has asked for pharmacy support in the meantime</li></ul>
  </li>
  <li>Quayside Health, from 19 January: building works; the consulting rooms on the first floor are closed and the practice works from two sites</li>
</ul>
</section>
"##,
        l0 = level(0),
        l1 = level(1),
        l2 = level(2),
        l3 = level(3),
        l4 = level(4),
        l5 = level(5),
    )
}

fn themes() -> String {
    let paragraph = "Concerns about access came from complaints, from the place facing teams and from \
        the patient survey. They were looked at together, since the same patient may be counted in each. \
        Where the three agree, the practice is named in the annex; where only one of them says so, the \
        finding is shown with its source and carries no level of its own. ";
    format!(
        r#"
<section>
<h1>3. Themes</h1>
<h2>3.1 Access</h2>
<p>{p}</p><p>{p}{p}</p>
<h3>What the teams say</h3>
<p>{p}</p>
<div class="box warn">
  <p><strong>Late data.</strong> The complaints file for March had not arrived on 20 April. Figures that rest on it carry the date 28 February.</p>
</div>
<h2>3.2 Medicines</h2>
<p>{p}</p>
<p>Terms used by the teams: <span class="chip">high-risk medicines</span> <span class="chip">repeat prescribing</span> <span class="chip">structured medication review</span> <span class="chip">anticoagulants</span> <span class="chip">opioids</span>.</p>
<h2>3.3 Characters and long words</h2>
<p>A clinic run by Dr Łukasz Żółć scored ≥ 90% ✓ on 5&nbsp;indicators – “as hoped” – and 🩺 was typed into a free-text field. The extract is at <a href="https://data.northvale.example/extracts/2026/q4/national-dashboard/indicators-by-practice-and-quarter-final-v3.csv">https://data.northvale.example/extracts/2026/q4/national-dashboard/indicators-by-practice-and-quarter-final-v3.csv</a> and its key is Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft.</p>
<p class="muted small">Questions about this section: <a href="mailto:primary.care@northvale.example">primary.care@northvale.example</a>. Method: <a href="https://www.northvale.example/method">how levels are proposed</a>.</p>
</section>
"#,
        p = paragraph.split_whitespace().collect::<Vec<_>>().join(" ") + " ",
    )
}

const SUPPORT: &str = r#"
<section>
<h1>4. Support offered and taken up</h1>
<table>
  <caption>Table 3. Offers by kind</caption>
  <thead><tr><th>Support</th><th>Who offers it</th><th class="num">Offered</th><th class="num">Taken up</th><th class="num">Share</th></tr></thead>
  <tbody>
    <tr><th scope="row">Practice-level support visit</th><td rowspan="2">Place facing teams</td><td class="num">17</td><td class="num">17</td><td class="num">100%</td></tr>
    <tr><th scope="row">Peer mentoring for managers</th><td class="num">9</td><td class="num">6</td><td class="num">67%</td></tr>
    <tr><th scope="row">Pharmacist sessions</th><td>Medicines optimisation</td><td class="num">14</td><td class="num">11</td><td class="num">79%</td></tr>
    <tr><th scope="row">Infection prevention audit</th><td>Infection prevention</td><td class="num">10</td><td class="num">7</td><td class="num">70%</td></tr>
    <tr><td colspan="5" class="muted">Nothing to report: estates, digital first.</td></tr>
  </tbody>
</table>
<p>Three offers expire before the next meeting. They are renewed unless the group decides otherwise.</p>
<h2>4.1 Good practice worth sharing</h2>
<p>Two practices described what changed for them; both agreed to be named in this pack.</p>
<h3>Beacon Hill Practice: one list for recalls</h3>
<p>Recalls for diabetes, asthma and blood pressure are now one list, worked through by one person. Patients come once instead of three times; missed recalls fell from 212 to 58 of 1,940 in two quarters.</p>
<h3>Old Wharf Family Doctors: huddle at half past eight</h3>
<p>The whole team meets for ten minutes before the doors open. Safeguarding concerns are raised in it by name and have an owner before nine.</p>
<div class="box">
  <p><strong>For discussion.</strong> The place facing team in Harbour asks whether the huddle could become part of the offer for practices at level 3. It costs nothing but time, and the practices that tried it kept it.</p>
</div>
<h2>4.2 Changes to the approved plan</h2>
<p>Each change needs the group’s approval:</p>
<ol>
  <li>Tarn Side Practice: visit moved from 14 April to 12 May, while its clock is paused</li>
  <li>Quayside Health: one visit for both sites instead of two</li>
  <li>Weavers Lane Surgery: visit of 16 March added to the programme</li>
</ol>
</section>
"#;

fn landscape() -> String {
    let months = ["Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb", "Mar"];
    let head: String = months.iter().map(|m| format!("<th class=\"num\">{m}</th>")).collect();
    let rows = ["Eastmoor", "Harbour", "Northvale City", "Riverside", "The Fells"]
        .iter()
        .enumerate()
        .map(|(i, place)| {
            let cells: String = (0..12).map(|m| format!("<td class=\"num\">{}</td>", (i * 7 + m * 5) % 9)).collect();
            format!("<tr><th scope=\"row\">{place}</th>{cells}<td class=\"num\">{}</td><td>On plan; next visits agreed with the practices</td></tr>\n", 12 + i)
        })
        .collect::<String>();
    format!(
        r#"
<section class="landscape">
<h1>5. Visit programme</h1>
<p>Visits held in each month of 2025/26. The plan is 22 visits for each of three place facing teams.</p>
<table>
  <caption>Table 4. Visits by place and month, 2025/26</caption>
  <thead><tr><th>Place</th>{head}<th class="num">Year</th><th>Note</th></tr></thead>
  <tbody>
{rows}  </tbody>
</table>
</section>
"#
    )
}

const SBAR: &str = r#"
<section>
<h1 class="page-break">6. SBAR: Weavers Lane Surgery</h1>
<table class="facts">
  <tr><th scope="row">Practice</th><td>Weavers Lane Surgery (X81034), Eastmoor, 8,412 patients</td></tr>
  <tr><th scope="row">Proposed level</th><td><span class="badge shape-hexagon tone-5">Level 5 urgent</span></td></tr>
  <tr><th scope="row">Clock</th><td>Told on 11 March 2026; visit due by 18 March 2026; held on 16 March 2026</td></tr>
</table>
<h2>Situation</h2>
<p>A safeguarding concern of high severity was raised on 11 March 2026. It is the second in six months.</p>
<h2>Background</h2>
<p>The practice has been at level 3 since October 2024. Two of four partners retired in 2025; a salaried doctor joined in January 2026.</p>
<h2>Assessment</h2>
<ol>
  <li>Two independent sources agree (safeguarding, complaints); a third, the patient survey, points the same way.</li>
  <li>The variation score is 7, which by itself proposes level 2.</li>
  <li>Against it: the CQC rating of June 2025 is “Good”, and the practice asked for help itself.</li>
</ol>
<h2>Recommendation</h2>
<div class="box decision">
  <p><strong>For decision:</strong> confirm level 5 until the review on 16 June 2026 and offer a safeguarding lead for two sessions a week.</p>
</div>
</section>
"#;

/// An annex of `rows` practices in six columns.
pub fn annex(rows: usize) -> String {
    let places = ["Eastmoor", "Harbour", "Northvale City", "Riverside", "The Fells"];
    let streets =
        ["Mill Lane", "Station Road", "The Crescent", "Abbey Gate", "Kirkgate", "Beacon Hill", "Old Wharf"];
    let kinds = ["Surgery", "Medical Centre", "Health Centre", "Practice", "Family Doctors"];
    let mut body = String::new();
    for i in 0..rows {
        let n = [1, 1, 2, 1, 3, 1, 2, 0, 1, 4, 1, 2, 1, 1, 3, 5][i * 7 % 16];
        let evidence = [
            "No finding",
            "One finding: access",
            "Two findings: access, prescribing of high-risk medicines",
            "Three sources agree",
        ][n.min(3)];
        let _ = writeln!(
            body,
            "<tr><td>X{:05}</td><th scope=\"row\">{} {}</th><td>{}</td><td class=\"num\">{:.1}</td><td>{}</td><td>{evidence}</td></tr>",
            81000 + i,
            streets[i % 7],
            kinds[i / 7 % 5],
            places[i % 5],
            (i * 37 % 190) as f32 / 10.0,
            level(n),
        );
    }
    format!(
        r#"
<section>
<h1 id="annex" class="page-break">Annex: every practice</h1>
<p>In the order of the practice code. The variation score is an input from the national dashboard; it is not a level.</p>
<table class="compact">
  <caption>Table 5. Every practice with its proposed level of support</caption>
  <col/><col/><col/><col width="9%"/><col/><col width="26%"/>
  <thead><tr><th>Code</th><th>Practice</th><th>Place</th><th class="num">Variation score</th><th>Level</th><th>Evidence</th></tr></thead>
  <tbody>
{body}  </tbody>
</table>
</section>
"#
    )
}
