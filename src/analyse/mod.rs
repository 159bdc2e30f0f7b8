//! Pure functions over the model: rates, identity, link resolution, alarms. No I/O, no clock, no state of their own.
