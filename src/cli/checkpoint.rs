//! `corridor checkpoint`: appends a signed checkpoint to the checkpoint file now.

use std::process::ExitCode;

use super::{CliError, Context};
use crate::workflow::checkpoint;

pub(super) async fn run(context: &Context) -> Result<ExitCode, CliError> {
    let Some(file) = &context.settings.checkpoint_file else {
        let words =
            "there is no checkpoint file; set CORRIDOR_CHECKPOINT_FILE or give --checkpoint-file FILE";
        return Err(CliError::Usage(words.to_owned()));
    };
    let service = context.service().await?;
    let written = checkpoint::write_now(&service, file).await?;
    let words = format!(
        "Appended a checkpoint at {} to {} ({} chains, {} events, root {}).",
        written.at,
        file.display(),
        written.chains,
        written.events,
        written.root
    );
    context.print(words, &written)?;
    Ok(ExitCode::SUCCESS)
}
