// “Something is wrong here”: leaves a note for reviewers about the record that a page shows.

/** Let the form of a record's page send notes. */
export function enableReports() {
  const box = document.getElementById("report");
  if (!box) return;
  const { noun, id } = box.dataset;
  const root = location.pathname.slice(0, location.pathname.indexOf(`/${noun}/${id}`));
  const form = box.querySelector("form"), said = form.querySelector("[role=status]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = form.querySelector("textarea").value.trim();
    if (!text) return;
    said.textContent = await send(`${root}/v1/notes`, { noun, id, text }, said.dataset, () => form.reset());
  });
}

/** Send a note; returns what to tell the reader. */
async function send(url, note, texts, done) {
  try {
    const response = await fetch(url, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(note), credentials: "omit",
    });
    if (!response.ok) return (await response.json()).detail ?? texts.refused;
    done();
    return texts.thanks;
  } catch {
    return texts.unanswered;
  }
}
