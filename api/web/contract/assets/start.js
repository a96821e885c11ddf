// Swagger UI resolves the whole contract anew before it shows anything, and for each operation that
// is opened, which takes a telephone seconds. All references of this contract are within it and
// name a component, so this resolves what is asked for alone. A reference within itself stays.
const resolve = (contract, node, within = []) => {
  if (Array.isArray(node)) {
    return node.map((each) => resolve(contract, each, within));
  }
  if (node === null || typeof node !== "object") {
    return node;
  }
  if (typeof node.$ref === "string" && !within.includes(node.$ref)) {
    const named = node.$ref.slice(2).split("/").reduce((part, name) => part[name], contract);
    return resolve(contract, named, [...within, node.$ref]);
  }
  return Object.fromEntries(
    Object.entries(node).map(([name, each]) => [name, resolve(contract, each, within)])
  );
};
const resolveLocally = () => ({
  statePlugins: { spec: { wrapActions: { requestResolvedSubtree: (_, system) => (path) => {
    const contract = system.specSelectors.specJson().toJS();
    const asked = path.reduce((part, name) => part[name], contract);
    return system.specActions.updateResolvedSubtree(path, resolve(contract, asked));
  } } } },
});
window.ui = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: -1,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  persistAuthorization: false,
  validatorUrl: null,
  plugins: [resolveLocally],
});
