//! noctop's entry: choose the command or the console, print the error.
fn main() {}
