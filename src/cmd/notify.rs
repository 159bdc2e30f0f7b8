//! `noctop notify list|test`: who is told about alarms, and whether they can be.

use super::{Failure, Outcome, attach, config_check, written};
use crate::cli::{Common, EXIT_FAILED, EXIT_OK, FormatArgs, NotifyCommand, NotifyTestArgs};
use crate::config::notify::{NotifyRule, Receiver, Shape, Way};
use crate::engine::notify_tools;
use crate::model::audit::{self, Act};
use crate::model::text::visible;
use crate::report::receiver::ReceiverRow;
use crate::report::write_rows;
use std::io::{self, BufWriter, Write};

/// `noctop notify ...`
pub fn run(common: &Common, command: &NotifyCommand) -> Outcome {
    match command {
        NotifyCommand::List(args) => list(common, args),
        NotifyCommand::Test(args) => test(common, args),
    }
}

fn list(common: &Common, args: &FormatArgs) -> Outcome {
    let plan = config_check::load(common)?.notifications;
    if plan.receivers.is_empty() {
        eprintln!("noctop: there is no [[receiver]] in the configuration: nobody is told about alarms");
    }
    let rows = plan.receivers.iter().map(|receiver| row(receiver, &plan.rules));
    let mut out = BufWriter::new(io::stdout().lock());
    let result = write_rows(attach::format(args.format), rows, &mut out);
    written(result.and_then(|()| out.flush()))
}

fn row(receiver: &Receiver, rules: &[NotifyRule]) -> ReceiverRow {
    let (body, to) = match &receiver.way {
        Way::Command(argv) => (None, argv.first().cloned().unwrap_or_default()),
        Way::Webhook(hook) => (Some(hook.body.word()), hook.host.clone()),
        Way::Mail(mail) => (None, mail.to.join(" ")),
    };
    let naming = |rule: &&NotifyRule| rule.steps.iter().any(|step| step.to.contains(&receiver.name));
    let is_own = matches!(&receiver.way, Way::Webhook(hook) if matches!(hook.body, Shape::Template(_)));
    ReceiverRow {
        name: receiver.name.clone(),
        kind: receiver.way.word(),
        body: body.filter(|_| !is_own).or(is_own.then_some("template")),
        to,
        only: receiver.only.as_ref().map(|only| only.as_str().to_owned()),
        rules: rules.iter().filter(naming).map(|rule| rule.name.clone()).collect::<Vec<_>>().join(", "),
    }
}

fn test(common: &Common, args: &NotifyTestArgs) -> Outcome {
    let config = config_check::load(common)?;
    let name = &args.receiver;
    let Some(receiver) = config.notifications.receivers.iter().find(|receiver| receiver.name == *name) else {
        let known: Vec<&str> = config.notifications.receivers.iter().map(|receiver| receiver.name.as_str()).collect();
        let known = if known.is_empty() { "there is none".to_owned() } else { format!("known are {}", known.join(", ")) };
        return Err(Failure::usage(format!("there is no [[receiver]] {name:?}; {known}")));
    };
    let told = notify_tools::test(&config, receiver);
    let act = Act::change("notify.test", name).words("send a test notice");
    let outcome = told.as_ref().map_or_else(|why| audit::Outcome::Failed(why.clone()), |()| audit::Outcome::Done);
    attach::write_down(common, (act, outcome));
    match told {
        Ok(()) => {
            println!("{} took the test notice", visible(name));
            Ok(EXIT_OK)
        }
        Err(why) => {
            eprintln!("noctop: {} did not take the test notice: {}", visible(name), visible(&why));
            Ok(EXIT_FAILED)
        }
    }
}
