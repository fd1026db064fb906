//! What is told about every command and query: refused rights in the security log, how often and how long in metrics.
//! The metrics go to whatever recorder the process has installed, and nowhere if it has none.

use std::time::Instant;

use super::WorkflowError;
use crate::domain::{actor::Actor, policy::Operation, refusal::Forbidden};

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It did what was asked.
    Done,
    /// The actor has no right to it.
    Forbidden(Forbidden),
    /// The actor may, but not with this input or in this state.
    Refused,
    /// The service could not.
    Failed,
}

impl<T> From<&Result<T, WorkflowError>> for Outcome {
    fn from(result: &Result<T, WorkflowError>) -> Self {
        match result {
            Ok(_) => Self::Done,
            Err(WorkflowError::Forbidden(because)) => Self::Forbidden(*because),
            Err(WorkflowError::Unavailable(_) | WorkflowError::Store(_)) => Self::Failed,
            Err(_) => Self::Refused,
        }
    }
}

impl Outcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Forbidden(_) => "forbidden",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// Reports an operation that began at `begun`.
pub(super) fn report(actor: &Actor, operation: Operation, begun: Instant, outcome: Outcome) {
    let name = operation.as_str();
    metrics::counter!("corridor_operations_total", "operation" => name, "outcome" => outcome.as_str())
        .increment(1);
    metrics::histogram!("corridor_operation_seconds", "operation" => name).record(begun.elapsed());
    if let Outcome::Forbidden(because) = outcome {
        tracing::warn!(
            target: "corridor::security",
            actor = actor.identity.kind(),
            id = actor.identity.id().map(tracing::field::display),
            operation = name,
            reason = because.as_str(),
            "a right was refused"
        );
    }
}

#[cfg(test)]
mod tests {
    use metrics_util::debugging::{DebugValue, DebuggingRecorder};

    use super::*;

    #[test]
    fn each_operation_is_counted_by_its_outcome_and_timed() {
        let recorder = DebuggingRecorder::new();
        metrics::with_local_recorder(&recorder, || {
            let forbidden: Result<(), _> = Err(WorkflowError::Forbidden(Forbidden::Role));
            for result in [Ok(()), Ok(()), forbidden, Err(WorkflowError::NotFound)] {
                report(&Actor::system(), Operation::ShowCase, Instant::now(), Outcome::from(&result));
            }
        });
        let mut seen: Vec<String> = Vec::new();
        for (key, _, _, value) in recorder.snapshotter().snapshot().into_vec() {
            let labels: Vec<&str> = key.key().labels().map(|label| label.value()).collect();
            let value = match value {
                DebugValue::Counter(count) => count.to_string(),
                DebugValue::Histogram(times) => format!("{} times", times.len()),
                DebugValue::Gauge(_) => "a gauge".to_owned(),
            };
            seen.push(format!("{} {} {value}", key.key().name(), labels.join(" ")));
        }
        seen.sort();
        assert_eq!(
            seen,
            [
                "corridor_operation_seconds show_case 4 times",
                "corridor_operations_total show_case done 2",
                "corridor_operations_total show_case forbidden 1",
                "corridor_operations_total show_case refused 1",
            ]
        );
    }
}
