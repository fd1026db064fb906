//! Generates one case, from its draft to its final state, with its events, messages, places and authorization.

use std::sync::Arc;

use corridor::{
    demo::{Rng, Traveller},
    digest,
    domain::{
        actor::{Actor, Role},
        authorization::Authorization,
        calendar,
        case::Case,
        event::{Event, Facts, GENESIS, Words},
        ids::{AccountId, ApplicationId, OrganisationId},
        lifecycle::{Action, AuthorizationState, BatchState, State},
        notification::{
            self, Approved, Authority, CaseFacts, Channel, Contents, InformationRequested, Issued, Lapsed,
            Message, Notification, Received, Refused, Revoked, Waitlisted, Withdrawn,
        },
        programme::ends,
        quota::{Movement, Place},
        reference,
        standing::Standing,
    },
    random,
    store::{self, Hashed, StoreError, Tx, journal::By},
};
use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date, tz::TimeZone};

use super::dataset::{BatchRef, Dataset, account, rng_for};

/// How many days ago the first batch started.
const DAYS: i64 = 1100;

/// The day on which a batch opens for submissions.
pub fn day_of_batch(number: u32, count: u32, now: Timestamp) -> Date {
    let days_ago = DAYS * i64::from(count - number) / i64::from(count);
    calendar::day_in(&TimeZone::UTC, now).saturating_sub(days_ago.days())
}

/// The steps after the draft: action, new state, new stage.
type Steps = Vec<(Action, State, Option<usize>)>;

/// Random steps. They finish the case if its batch has ended, and otherwise mostly leave it in progress.
fn steps(rng: &mut Rng, batch_has_ended: bool) -> Steps {
    use Action::{Complete, Endorse, Expire, Lapse, Refuse, RequestInformation, Revoke, Submit, Withdraw};
    use State::{
        Approved, Completed, Expired, InReview, InformationRequested, Lapsed, Refused, Revoked, Waitlisted,
        Withdrawn,
    };
    let submitted = (Submit, InReview, Some(0));
    let asked = (RequestInformation, InformationRequested, Some(0));
    let endorsed = |last| {
        vec![submitted, (Endorse, InReview, Some(1)), (Endorse, InReview, Some(2)), (Endorse, last, None)]
    };
    let approved = |end| [endorsed(Approved), vec![end]].concat();
    let random = rng.between(1, 100);
    if batch_has_ended {
        match random {
            ..=6 => Vec::new(),
            7..=36 => vec![submitted, (Refuse, Refused, None)],
            37..=60 => vec![submitted, (Withdraw, Withdrawn, None)],
            61..=68 => vec![submitted, asked, (Lapse, Lapsed, None)],
            69..=72 => approved((Expire, Expired, None)),
            73..=75 => approved((Revoke, Revoked, None)),
            _ => approved((Complete, Completed, None)),
        }
    } else {
        match random {
            ..=8 => Vec::new(),
            9..=24 => vec![submitted],
            25..=34 => endorsed(Approved)[..2].to_vec(),
            35..=44 => endorsed(Approved)[..3].to_vec(),
            45..=51 => vec![submitted, asked],
            52..=58 => endorsed(Waitlisted),
            59..=64 => vec![submitted, (Refuse, Refused, None)],
            65..=68 => vec![submitted, (Withdraw, Withdrawn, None)],
            _ => endorsed(Approved),
        }
    }
}

/// Generates case number `number` and writes it to the database.
pub fn write(tx: &mut Tx<'_>, dataset: &Dataset, number: u32) -> Result<(), StoreError> {
    let mut rng = rng_for(number);
    let count = u64::try_from(dataset.batches.len()).unwrap();
    let index = u64::from(number) * (count - 1) / u64::from(dataset.cases);
    let batch = &dataset.batches[usize::try_from(index).unwrap()];
    let mut writer = begin(tx, dataset, batch, number, &mut rng)?;
    for (action, to, stage) in steps(&mut rng, batch.state == BatchState::Ended) {
        writer.at = (writer.at + SignedDuration::from_mins(rng.between(200, 3000))).min(dataset.now);
        writer.step(action, to, stage, &mut rng);
    }
    writer.finish(tx, &mut rng)
}

/// A case and its rows, while its steps are generated.
struct CaseWriter<'a> {
    dataset: &'a Dataset,
    batch: &'a BatchRef,
    case: Case,
    at: Timestamp,
    /// Without their hashes.
    events: Vec<Event>,
    messages: Vec<(i32, Notification, Timestamp)>,
    movements: Vec<(i32, Movement, Timestamp)>,
    authorization: Option<Authorization>,
    /// Who took the last step.
    actor: Who,
}

/// The kind of an actor, its id and its organisation.
type Who = (&'static str, Option<uuid::Uuid>, Option<OrganisationId>);

fn begin<'a>(
    tx: &mut Tx<'_>,
    dataset: &'a Dataset,
    batch: &'a BatchRef,
    number: u32,
    rng: &mut Rng,
) -> Result<CaseWriter<'a>, StoreError> {
    let seconds_ago = DAYS * 86_400 * i64::from(dataset.cases - number) / i64::from(dataset.cases);
    let at = dataset.now - SignedDuration::from_secs(seconds_ago + 8 * 86_400);
    let today = calendar::day_in(&TimeZone::UTC, at);
    let traveller = Traveller::new(rng, number);
    let arrive = batch.travel_from.saturating_add(rng.between(1, 20).days());
    let leave = arrive.saturating_add(rng.between(6, 30).days());
    let form = traveller.form(rng, today, arrive, leave);
    let categories = &dataset.programme.categories;
    let category = &categories[usize::try_from(rng.between(0, 3)).unwrap() % categories.len()];
    let sponsor = rng.in_hundred(90).then(|| rng.one_of(&dataset.sponsors).clone());
    let applicant = match &sponsor {
        Some(_) => None,
        None => {
            let account = account(&format!("traveller-{number}@example.org"), "$none", at);
            let account = store::account::Account { roles: vec![Role::Applicant], ..account };
            store::account::insert(tx, &account, By { actor: &Actor::operator(), at })?;
            Some(account.id)
        }
    };
    let representative = || {
        let index = dataset.sponsors.iter().position(|known| Some(known) == sponsor.as_ref()).unwrap();
        dataset.representatives[index].0
    };
    let creator = applicant.map_or_else(representative, |account| account.0);
    let rank = dataset.programme.points(&category.code, form.employment.project_priority.as_deref());
    let case = Case {
        id: ApplicationId(random::id()),
        reference: reference::reference("cn-kz", random::bytes()),
        programme: dataset.programme.code.clone(),
        programme_version: dataset.programme.version,
        batch: batch.id,
        direction: traveller.direction.to_owned(),
        category: category.code.clone(),
        state: State::Draft,
        stage: None,
        assignee: None,
        applicant,
        creator,
        creator_organisation: sponsor.as_ref().map(|sponsor| sponsor.id),
        sponsor,
        language: traveller.language.to_owned(),
        form: Arc::new(form),
        form_digest: Vec::new(),
        has_old_seal: false,
        place: Place::None,
        rank,
        lot: None,
        version: 0,
        event_seq: 0,
        event_hash: GENESIS.to_vec(),
        created_at: at,
        updated_at: at,
        submitted_at: None,
        due_at: None,
        decided_at: None,
    };
    let mut writer = CaseWriter {
        dataset,
        batch,
        case,
        at,
        events: Vec::new(),
        messages: Vec::new(),
        movements: Vec::new(),
        authorization: None,
        actor: ("system", None, None),
    };
    writer.step(Action::Create, State::Draft, None, rng);
    Ok(writer)
}

impl CaseWriter<'_> {
    fn step(&mut self, action: Action, to: State, stage: Option<usize>, rng: &mut Rng) {
        let from = (action != Action::Create).then_some(self.case.state);
        self.actor = self.actor(action, rng);
        let (kind, actor, actor_organisation) = self.actor;
        let stage = stage.map(|stage| self.dataset.programme.stages[stage].code.clone());
        let authorization = self.authorization_number(to);
        let days = |days: u32| calendar::days_after(self.at, days);
        let case = &mut self.case;
        let officer = actor.map(AccountId);
        let mut facts = Facts { authorization, ..Facts::default() };
        match (action, to) {
            (Action::Claim, _) => (case.assignee, facts.assignee) = (officer, actor),
            (_, State::InReview) => {
                let of_stage = stage.as_deref().and_then(|code| self.dataset.programme.stage(code)).unwrap();
                (case.assignee, case.due_at) = (None, Some(days(of_stage.due_days)));
            }
            (Action::RequestInformation, _) => {
                facts.respond_by =
                    Some(self.dataset.now + SignedDuration::from_hours(24 * rng.between(1, 10)));
                (case.assignee, case.due_at) = (officer, facts.respond_by);
            }
            (_, State::Approved) => {
                let (_, host) = ends(&case.direction);
                let zone = self.dataset.programme.time_zone(host);
                (case.assignee, case.due_at) = (None, Some(calendar::end_in(&zone, self.batch.travel_until)));
            }
            _ => (case.assignee, case.due_at) = (None, None),
        }
        let event = Event {
            subject: case.id,
            seq: case.event_seq + 1,
            at: self.at,
            actor_kind: kind.to_owned(),
            actor,
            actor_organisation,
            action,
            from,
            to,
            from_stage: case.stage.clone(),
            to_stage: stage.clone(),
            facts,
            words: words(action),
            words_digest: None,
            digest: None,
            previous_hash: Vec::new(),
            hash_key: None,
            hash: Vec::new(),
        };
        case.state = to;
        case.stage = stage;
        case.version += 1;
        case.event_seq += 1;
        case.updated_at = self.at;
        match action {
            Action::Submit => case.submitted_at = Some(self.at),
            Action::Endorse | Action::Refuse if to != State::InReview => case.decided_at = Some(self.at),
            _ => {}
        }
        self.events.push(event);
        // The applicant and the sponsor share one address.
        if let Some(first) = notification::messages_of_step(action, from.unwrap_or(State::Draft), to).first()
        {
            let message = self.notification(first.message);
            self.messages.push((self.case.event_seq, message, self.at));
        }
        self.move_place(to);
    }

    /// Issues the authorization if the case is now approved. Returns its number, which the event records.
    fn authorization_number(&mut self, to: State) -> Option<String> {
        if to == State::Approved {
            self.authorization = Some(Authorization {
                number: reference::authorization_number("cn-kz", random::bytes()),
                application: self.case.id,
                state: AuthorizationState::Valid,
                valid_from: self.batch.travel_from,
                valid_until: self.batch.travel_until,
                issued_at: self.at,
                ended_at: None,
                entered_on: None,
                exited_on: None,
                version: 1,
                event_seq: 0,
                event_hash: Vec::new(),
            });
        }
        self.authorization.as_ref().map(|authorization| authorization.number.clone())
    }

    fn move_place(&mut self, to: State) {
        let after = match to {
            State::Approved | State::Completed => Place::Taken,
            _ => Place::None,
        };
        if let Some(movement) = Movement::between(self.case.place, after) {
            self.movements.push((self.case.event_seq, movement, self.at));
        }
        self.case.place = after;
    }

    fn actor(&self, action: Action, rng: &mut Rng) -> Who {
        match action {
            Action::Create | Action::Submit | Action::Withdraw => {
                ("account", Some(self.case.creator), self.case.creator_organisation)
            }
            Action::Lapse | Action::Expire | Action::Complete => ("system", None, None),
            _ => {
                let (officer, organisation) = self.officer(rng);
                ("account", Some(officer.0), Some(organisation))
            }
        }
    }

    /// An officer of the authority of the current stage or, if the case is at no stage, of the deciding authority.
    fn officer(&self, rng: &mut Rng) -> (AccountId, OrganisationId) {
        let stages = &self.dataset.programme.stages;
        let current = stages.iter().find(|stage| Some(&stage.code) == self.case.stage.as_ref());
        let code = &current.unwrap_or(stages.last().unwrap()).authority[&self.case.direction];
        let (_, organisation, officers) =
            self.dataset.officers.iter().find(|(authority, ..)| authority == code).unwrap();
        (*rng.one_of(officers), *organisation)
    }

    fn notification(&self, message: Message) -> Notification {
        Notification {
            channel: Channel::Email,
            language: self.case.language.clone(),
            recipient: self.case.form.applicant.email.clone().unwrap(),
            contents: self.contents(message),
        }
    }

    fn contents(&self, message: Message) -> Contents {
        let (case, until, grounds) = (self.facts(), self.at, Vec::new());
        let authorization = self.authorization.as_ref().map(|authorization| Issued {
            number: authorization.number.clone(),
            valid_from: authorization.valid_from,
            valid_until: authorization.valid_until,
        });
        match message {
            Message::Received => Contents::Received(Received { case, until }),
            Message::InformationRequested => {
                Contents::InformationRequested(InformationRequested { case, questions: Vec::new(), until })
            }
            Message::Waitlisted => Contents::Waitlisted(Waitlisted { case, place: None, until }),
            Message::Approved => Contents::Approved(Approved {
                case,
                authorization: authorization.unwrap(),
                entry_conditions: Vec::new(),
            }),
            Message::Refused => Contents::Refused(Refused { case, grounds, words: None, until }),
            Message::Withdrawn => Contents::Withdrawn(Withdrawn { case, authorization }),
            Message::Revoked => {
                let authorization = authorization.unwrap();
                Contents::Revoked(Revoked { case, authorization, grounds, words: None, until })
            }
            Message::Lapsed => Contents::Lapsed(Lapsed { case, authorization }),
            Message::ConfirmAddress
            | Message::ResetPassword
            | Message::PasswordChanged
            | Message::SponsorshipRequested
            | Message::SponsorshipAccepted
            | Message::SponsorshipDeclined
            | Message::JourneyEnding => {
                unreachable!("no step of a generated case sends them")
            }
        }
    }

    fn facts(&self) -> CaseFacts {
        let person = &self.case.form.applicant;
        let names = [&person.given_names, &person.family_name];
        let names: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
        let programme = &self.dataset.programme;
        let authority = &programme.authorities[0];
        CaseFacts {
            name: names.join(" "),
            reference: self.case.reference.clone(),
            path: format!("/applications/{}", self.case.id),
            happened_at: self.at,
            programme: programme.name.in_language(&self.case.language).to_owned(),
            batch: self.batch.name.clone(),
            travel_document: None,
            authority: Authority {
                name: authority.name.in_language(&self.case.language).to_owned(),
                address: authority.address.in_language(&self.case.language).to_owned(),
            },
            time_zone: None,
        }
    }

    /// Sets the columns that depend on the final state, and writes all rows.
    fn finish(mut self, tx: &mut Tx<'_>, rng: &mut Rng) -> Result<(), StoreError> {
        if self.case.state == State::InReview && rng.in_hundred(40) {
            let stages = &self.dataset.programme.stages;
            let stage = stages.iter().position(|stage| Some(&stage.code) == self.case.stage.as_ref());
            self.step(Action::Claim, State::InReview, stage, rng);
        }
        store::application::insert(tx, &mut self.case)?;
        let end_step = match self.case.state {
            State::Approved => None,
            State::Completed => Some((Action::Complete, AuthorizationState::Used)),
            State::Expired => Some((Action::Expire, AuthorizationState::Expired)),
            _ => Some((Action::Revoke, AuthorizationState::Revoked)),
        };
        self.append_events(tx, end_step.map(|(_, state)| state))?;
        for (seq, message, at) in &self.messages {
            store::outbox::enqueue(tx, Some((self.case.id, *seq)), message, *at)?;
        }
        for (seq, movement, at) in &self.movements {
            store::ledger::record(tx, &self.case, *seq, self.case.counted_under(), *movement, *at);
        }
        let Some(mut authorization) = self.authorization else { return Ok(()) };
        store::authorization::insert(tx, &authorization);
        match end_step {
            Some((action, state)) => end(tx, &mut authorization, action, state, (self.at, self.actor)),
            None => Ok(()),
        }
    }

    /// Writes the events with their hashes, and the end of the chain. The last event has the digest of the case.
    fn append_events(
        &mut self,
        tx: &mut Tx<'_>,
        ends_as: Option<AuthorizationState>,
    ) -> Result<(), StoreError> {
        let held = self.authorization.clone().map(|issued| match ends_as {
            Some(state) => Authorization { state, ended_at: Some(self.at), ..issued },
            None => issued,
        });
        let under = (self.case.place != Place::None).then(|| self.case.counted_under());
        let standing = Standing {
            case: &self.case,
            papers: &[],
            findings: &[],
            counted_under: under.as_ref(),
            authorization: held.as_ref(),
        };
        let digest = digest::sha256(&standing.bytes());
        let mut end = GENESIS.to_vec();
        for mut event in std::mem::take(&mut self.events) {
            event.digest = (event.seq == self.case.event_seq).then(|| digest.clone());
            event.previous_hash = end;
            let issues = event.to == State::Approved && event.from != Some(State::Approved);
            end = store::event::append(tx, event)?;
            if let Some(issued) = self.authorization.as_mut().filter(|_| issues) {
                issued.event_hash.clone_from(&end);
            }
        }
        self.case.event_hash = end;
        store::application::update_chain(tx, &self.case, self.case.event_seq)?;
        Ok(())
    }
}

/// Ends an authorization, and writes the event.
fn end(
    tx: &mut Tx<'_>,
    authorization: &mut Authorization,
    action: Action,
    to: AuthorizationState,
    (at, (kind, actor, actor_organisation)): (Timestamp, Who),
) -> Result<(), StoreError> {
    let event = Event {
        subject: authorization.number.clone(),
        seq: authorization.event_seq + 1,
        at,
        actor_kind: kind.to_owned(),
        actor,
        actor_organisation,
        action,
        from: Some(authorization.state),
        to,
        from_stage: None,
        to_stage: None,
        facts: Facts::default(),
        words: None,
        words_digest: None,
        digest: None,
        previous_hash: authorization.event_hash.clone(),
        hash_key: None,
        hash: Vec::new(),
    };
    let before = authorization.clone();
    let event = Hashed::new(tx, event)?;
    authorization.state = to;
    authorization.version += 1;
    authorization.ended_at = Some(at);
    authorization.event_seq += 1;
    authorization.event_hash = event.hash().to_vec();
    store::authorization::update(tx, authorization, &before)?;
    store::authorization_event::append(tx, &[event])
}

fn words(action: Action) -> Option<Words> {
    let message = |text: &str| Words { message: Some(text.to_owned()), ..Words::default() };
    match action {
        Action::Refuse => Some(message("The host confirms that the work can be done by its own staff.")),
        Action::Revoke => Some(message("The employer told us that you no longer work there.")),
        Action::RequestInformation => Some(Words {
            questions: vec!["Please upload the page of the contract that names the term.".to_owned()],
            ..Words::default()
        }),
        _ => None,
    }
}
