//! One task per collector. Each turns bytes and the time of their arrival into events; none knows the state or the screen.
