// The address holds the state of the page. All changes of it go through pushAddress, so that
// hasMoved can tell a step back or forward from a jump within the page.
let known = currentState();

export function pushAddress(url) {
  history.pushState(null, "", url);
  known = currentState();
}

export function hasMoved() {
  const before = known;
  known = currentState();
  return known !== before;
}

function currentState() {
  return location.pathname + location.search;
}
