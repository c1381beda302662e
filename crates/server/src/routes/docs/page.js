'use strict';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** Parameters as a table. */
function parameters(api, given) {
  if (!given?.length) return [];
  const rows = given.map((item) => resolved(api, item)).map((parameter) =>
    made('tr', null,
      made('td', null, made('code', null, parameter.name), made('span', { class: 'soft' }, ` in ${parameter.in}${parameter.required ? ', needed' : ''}`)),
      made('td', null, kind(api, parameter.schema), bounds(parameter.schema)),
      made('td', null, prose(parameter.description))));
  const heads = ['Parameter', 'Type', 'Meaning'].map((text) => made('th', null, text));
  return [made('h3', null, 'Parameters'), made('div', { class: 'wide', tabindex: '0' },
    made('table', null, made('thead', null, made('tr', null, heads)), made('tbody', null, rows)))];
}

/** A body, by its types. */
function contents(api, content) {
  return Object.entries(content ?? {}).flatMap(([type, { schema }]) => {
    const inner = schema?.$ref ? made('p', null, kind(api, schema)) : fields(api, schema ?? {});
    return [made('p', { class: 'soft' }, type), inner];
  });
}

/** Every answer, success first. */
function responses(api, given) {
  const rows = Object.entries(given ?? {}).map(([status, item]) => {
    const response = resolved(api, item);
    return made('tr', null,
      made('td', null, made('code', null, status)),
      made('td', null, prose(response.description)),
      made('td', null, Object.entries(response.content ?? {}).map(([type, { schema }]) => made('p', null, kind(api, schema), made('span', { class: 'soft' }, ` ${type}`)))));
  });
  const heads = ['Status', 'Meaning', 'Body'].map((text) => made('th', null, text));
  return [made('h3', null, 'Answers'), made('div', { class: 'wide', tabindex: '0' },
    made('table', null, made('thead', null, made('tr', null, heads)), made('tbody', null, rows)))];
}

/** One operation; what is inside is made when it is opened. */
function operationView(api, method, path, operation) {
  const inside = made('div');
  const view = made('details', { class: 'operation', id: anchor(method, path) },
    made('summary', null, made('span', { class: `method ${method}` }, method.toUpperCase()), made('code', null, path),
      made('span', { class: 'soft' }, operation.summary ?? '')), inside);
  view.addEventListener('toggle', () => {
    if (!view.open || inside.childNodes.length) return;
    const scope = operation.security?.flatMap((need) => Object.values(need)[0])[0];
    const body = resolved(api, operation.requestBody);
    inside.append(...prose(operation.description),
      ...(operation.security?.length ? [made('p', { class: 'soft' }, 'Needs ', scope ? made('code', null, scope) : 'an identity', '.')] : []),
      ...parameters(api, operation.parameters),
      ...(body.content ? [made('h3', null, 'Body'), ...prose(body.description), ...contents(api, body.content)] : []),
      ...responses(api, operation.responses),
      made('h3', null, 'Try it'), ...tryForm(api, method, path, operation));
  });
  view.dataset.words = `${method} ${path} ${operation.summary ?? ''} ${operation.description ?? ''}`.toLowerCase();
  return view;
}

function anchor(method, path) {
  return `${method}-${path.replace(/[^a-z0-9]+/gi, '-').replace(/^-|-$/g, '')}`;
}

/** Opens what the address points at. */
function open() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  if (target.tagName === 'DETAILS') target.open = true;
  target.scrollIntoView();
}

function showPage(api) {
  document.getElementById('version').textContent = api.info.version;
  const main = document.getElementById('main');
  const list = document.getElementById('list');
  const views = [];
  main.replaceChildren(...prose(api.info.description));
  for (const tag of api.tags ?? []) {
    const found = Object.entries(api.paths).flatMap(([path, item]) => METHODS
      .filter((method) => item[method]?.tags?.[0] === tag.name).map((method) => [method, path, item[method]]));
    if (!found.length) continue;
    const own = found.map(([method, path, operation]) => operationView(api, method, path, operation));
    views.push(...own);
    main.append(made('section', { id: `tag-${tag.name}` }, made('h2', null, tag.name), ...prose(tag.description), own));
    list.append(made('a', { href: `#tag-${tag.name}` }, tag.name), made('ul', null, found.map(([method, path]) =>
      made('li', null, made('a', { href: `#${anchor(method, path)}` }, made('span', { class: `method ${method}` }, `${method.toUpperCase()} `), path)))));
  }
  main.append(made('h2', { id: 'schemas' }, 'Schemas'));
  list.append(made('a', { href: '#schemas' }, 'Schemas'));
  for (const [name, schema] of Object.entries(api.components?.schemas ?? {})) {
    main.append(made('section', { class: 'schema', id: `schema-${name}` }, made('h3', null, name),
      ...prose(schema.description), fields(api, schema)));
  }
  document.getElementById('find').addEventListener('input', (event) => {
    const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const view of views) view.hidden = !words.every((word) => view.dataset.words.includes(word));
  });
  document.getElementById('contents').open = matchMedia('(min-width: 50rem)').matches;
  addEventListener('hashchange', open);
  open();
}

fetch('/openapi.json')
  .then((answer) => answer.json())
  .then(showPage)
  .catch((error) => {
    document.getElementById('state')?.remove();
    document.getElementById('main').prepend(made('p', { role: 'alert' }, `The description cannot be read: ${error.message}`));
  });
