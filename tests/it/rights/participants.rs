//! One person of each role around Ada's case, which has the sponsor `steppe`.

use corridor::domain::actor::{OrganisationKind, Role};

use crate::world::{Person, World};

/// The people, named by their relation to the case.
pub struct Participants {
    pub ada: Person,
    /// The assigned officer, in states with an assignee.
    pub aigerim: Person,
    people: Vec<(&'static str, Person)>,
}

impl Participants {
    pub async fn create(world: &World) -> Self {
        world.organisation("railways", OrganisationKind::Verifier).await;
        world.sponsor_organisation("taiga").await;
        let ada = world.person("ada@travellers.example", &[Role::Applicant], None).await;
        let aigerim = world.officer("aigerim@moh.example", "kz-moh").await;
        let mut people = vec![("applicant", ada.clone())];
        for (what, email, role, organisation) in [
            ("other applicant", "eve@travellers.example", Role::Applicant, None),
            ("sponsor", "hr@steppe.example", Role::Sponsor, Some("steppe")),
            ("other sponsor", "hr@taiga.example", Role::Sponsor, Some("taiga")),
            ("nomination officer", "officer@mofcom.example", Role::Officer, Some("cn-mofcom")),
            ("health officer", "officer@moh.example", Role::Officer, Some("kz-moh")),
            ("deciding officer", "officer@mfa.example", Role::Officer, Some("kz-mfa")),
            ("officer of the other direction", "officer@nhc.example", Role::Officer, Some("cn-nhc")),
            ("health supervisor", "supervisor@moh.example", Role::Supervisor, Some("kz-moh")),
            ("deciding supervisor", "supervisor@mfa.example", Role::Supervisor, Some("kz-mfa")),
            ("batch manager", "batches@mfa.example", Role::BatchManager, Some("kz-mfa")),
            ("auditor", "auditor@audit.example", Role::Auditor, None),
            ("administrator", "admin@corridor.example", Role::Administrator, None),
            ("verifier", "gate@railways.example", Role::Verifier, Some("railways")),
        ] {
            people.push((what, world.person(email, &[role], organisation).await));
        }
        people.insert(6, ("health officer who has it", aigerim.clone()));
        Self { ada, aigerim, people }
    }

    pub fn people(&self) -> impl Iterator<Item = (&'static str, &Person)> {
        self.people.iter().map(|(what, person)| (*what, person))
    }
}
