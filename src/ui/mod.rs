//! The console: key → action → update → effects; render is pure over the view, the UI's own state and the theme.
