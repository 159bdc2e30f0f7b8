//! Tests of the switch views.
