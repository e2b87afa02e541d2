//! What readers of public packs know already: all that any public pack printed that was sent or may yet be,
//! to whichever committee. A pack that was recalled was read all the same, and so was one that is corrected.

use anyhow::Context as _;

use super::last_packs::manifest_of;
use super::manifest::{Baseline, Manifest};
use super::result::RunResult;
use crate::documents::Material;
use crate::documents::suppress::Published;
use crate::ledger::Ledger;
use crate::workspace::Workspace;

/// What has been printed before a run.
#[derive(Debug, Default)]
pub struct Printed {
    /// The runs whose results say it; each says also what was printed before it.
    pub runs: Vec<Baseline>,
    /// It.
    pub published: Published,
}

impl Printed {
    /// What was printed before a run with this manifest. Where the same was done before, it is what was printed
    /// before that: the same files give the same papers, whatever was sent since.
    ///
    /// # Errors
    /// If the ledger or the result of a run cannot be read.
    pub fn before(manifest: &Manifest, workspace: &Workspace, ledger: &Ledger) -> anyhow::Result<Self> {
        let mut same = None;
        for run in ledger.runs_of(&manifest.job, manifest.as_of)? {
            let Some(then) = manifest_of(&run, workspace)? else { continue };
            let (program, printed) = (then.program.clone(), then.printed.clone());
            if (Manifest { program, printed, ..manifest.clone() }) == then {
                same = Some(then.printed.into_iter().map(|before| before.run).collect());
            }
        }
        let runs: Vec<String> = match same {
            Some(runs) => runs,
            None => ledger.printed_by(manifest.as_of)?,
        };
        let mut out = Self::default();
        for run in runs {
            if !out.published.runs.contains(&run) {
                out.add(&run, workspace, ledger)?;
            }
        }
        Ok(out)
    }

    fn add(&mut self, run: &str, workspace: &Workspace, ledger: &Ledger) -> anyhow::Result<()> {
        let text = RunResult::kept_text(run, workspace, ledger).context(
            "a public pack must not betray what an earlier one hides, so that one has to be known",
        )?;
        let result = RunResult::of_text(run, &text)?;
        self.published.merge(&result.published);
        self.published.runs.insert(run.to_owned());
        self.runs.push(Baseline { run: run.to_owned(), as_of: result.as_of, sha256: crate::sha256(&text) });
        Ok(())
    }

    /// Decides what the public packs of a run show, one after another, so that each knows the others; gives
    /// all that has been printed with them. `places` are those of their materials.
    pub fn settle(self, run: &str, materials: &mut [Material<'_>], places: &[usize]) -> Published {
        let mut published = self.published;
        for place in places {
            let Some(material) = materials.get_mut(*place) else { continue };
            material.published = published;
            published = material.figures().published();
        }
        published.runs.insert(run.to_owned());
        published
    }
}
