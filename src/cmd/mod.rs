//! The headless commands, a file each: the same handle and views as the console.
