// Makes the pages smoother: forms answer while they are filled in, and evidence opens beside the
// page. Without scripts, every link and form leads to a page of its own.
import { enableLiveParts } from "./live.js";
import { enableReports } from "./report.js";
import { enableSuggestions } from "./suggest.js";

document.documentElement.classList.add("scripted");
enableLiveParts();
enableSuggestions();
enableReports();
