//! Ways to tell somebody outside (command, webhook, mail). Empty until the alarms issue brings its first.
