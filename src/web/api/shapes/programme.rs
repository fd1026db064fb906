//! A programme, with its texts in the caller's language.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::programme::Programme;

/// A programme.
#[derive(Serialize, ToSchema)]
pub struct ProgrammeBody {
    #[schema(example = "cn-kz")]
    code: String,
    version: i32,
    name: String,
    summary: String,
    territories: Vec<String>,
    directions: Vec<String>,
    /// The time zone of each territory by its name in the IANA database; the days of others are days in UTC.
    time_zones: BTreeMap<String, String>,
    categories: Vec<CategoryBody>,
    priorities: Vec<PriorityBody>,
    stages: Vec<StageBody>,
    evidence: Vec<EvidenceKindBody>,
    declarations: Vec<DeclarationBody>,
    rules: RulesBody,
    grounds: Vec<Worded>,
    entry_conditions: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct CategoryBody {
    code: String,
    /// Points of the category in a ranked batch.
    points: i32,
    name: String,
    description: String,
}

#[derive(Serialize, ToSchema)]
struct PriorityBody {
    code: String,
    /// Points added to those of the category.
    points: i32,
    name: String,
}

#[derive(Serialize, ToSchema)]
struct StageBody {
    code: String,
    name: String,
    /// Organisation code by direction.
    #[schema(value_type = std::collections::HashMap<String, String>)]
    authority: BTreeMap<String, String>,
    due_days: u32,
    may_refuse: bool,
    checklist: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct EvidenceKindBody {
    kind: String,
    name: String,
    hint: String,
    required: bool,
    required_for: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct DeclarationBody {
    code: String,
    text: String,
    expected: bool,
    stage: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct RulesBody {
    min_age_years: i16,
    passport_valid_months_after_leaving: i32,
    max_stay_days: i64,
    days_after_leaving: u32,
    respond_days: u32,
    appeal_days: u32,
}

#[derive(Serialize, ToSchema)]
struct Worded {
    code: String,
    text: String,
}

impl ProgrammeBody {
    /// The programme with its texts in `language`.
    pub fn new(programme: &Programme, language: &str) -> Self {
        let text = |text: &crate::domain::programme::Text| text.in_language(language).to_owned();
        let rules = &programme.rules;
        Self {
            code: programme.code.clone(),
            version: programme.version,
            name: text(&programme.name),
            summary: text(&programme.summary),
            territories: programme.territories.clone(),
            directions: programme.directions.clone(),
            time_zones: programme.time_zones.clone(),
            categories: (programme.categories.iter())
                .map(|c| CategoryBody {
                    code: c.code.clone(),
                    points: c.points,
                    name: text(&c.name),
                    description: text(&c.description),
                })
                .collect(),
            priorities: (programme.priorities.iter())
                .map(|p| PriorityBody { code: p.code.clone(), points: p.points, name: text(&p.name) })
                .collect(),
            stages: (programme.stages.iter())
                .map(|stage| StageBody {
                    code: stage.code.clone(),
                    name: text(&stage.name),
                    authority: stage.authority.clone(),
                    due_days: stage.due_days,
                    may_refuse: stage.may_refuse,
                    checklist: stage.checklist.iter().map(text).collect(),
                })
                .collect(),
            evidence: (programme.evidence.iter())
                .map(|kind| EvidenceKindBody {
                    kind: kind.kind.clone(),
                    name: text(&kind.name),
                    hint: text(&kind.hint),
                    required: kind.required,
                    required_for: kind.required_for.clone(),
                })
                .collect(),
            declarations: (programme.declarations.iter())
                .map(|d| DeclarationBody {
                    code: d.code.clone(),
                    text: text(&d.text),
                    expected: d.expected,
                    stage: d.stage.clone(),
                })
                .collect(),
            rules: RulesBody {
                min_age_years: rules.min_age_years,
                passport_valid_months_after_leaving: rules.passport_valid_months_after_leaving,
                max_stay_days: rules.max_stay_days,
                days_after_leaving: rules.days_after_leaving,
                respond_days: rules.respond_days,
                appeal_days: rules.appeal_days,
            },
            grounds: (programme.grounds.iter())
                .map(|g| Worded { code: g.code.clone(), text: text(&g.text) })
                .collect(),
            entry_conditions: programme
                .entry_conditions
                .iter()
                .map(|condition| text(&condition.text))
                .collect(),
        }
    }
}
