// The address names the state. It changes here alone, so that going back can be told from going to
// another place on the same page.
let known = state();

export function push(url) {
  history.pushState(null, "", url);
  known = state();
}

export function hasMoved() {
  const before = known;
  known = state();
  return known !== before;
}

function state() {
  return location.pathname + location.search;
}
