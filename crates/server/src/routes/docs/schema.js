'use strict';

/** An element with attributes and children; text is never read as markup. */
function made(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === false || value === undefined || value === null) continue;
    element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null));
  return element;
}

/** Bold, code and links within a line of Markdown. */
function spans(text) {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\(https?:[^)\s]+\))/).filter(Boolean).map((part) => {
    if (part.startsWith('`')) return made('code', null, part.slice(1, -1));
    if (part.startsWith('**')) return made('strong', null, part.slice(2, -2));
    const link = /^\[([^\]]+)\]\((.+)\)$/.exec(part);
    return link ? made('a', { href: link[2] }, link[1]) : part;
  });
}

/** The little of Markdown that descriptions use: paragraphs, tables, lists. */
function prose(text) {
  return (text ?? '').split(/\n{2,}/).filter((block) => block.trim()).map((block) => {
    const lines = block.trim().split('\n');
    if (lines.every((line) => line.startsWith('|'))) {
      const rows = lines.filter((line) => !/^\|[\s|:-]+\|$/.test(line)).map((line) => line.split('|').slice(1, -1));
      const row = (cells, kind) => made('tr', null, cells.map((cell) => made(kind, null, spans(cell.trim()))));
      return made('div', { class: 'wide', tabindex: '0' },
        made('table', null, made('thead', null, row(rows[0], 'th')),
          made('tbody', null, rows.slice(1).map((cells) => row(cells, 'td')))));
    }
    if (lines.every((line) => /^[-*] /.test(line))) {
      return made('ul', null, lines.map((line) => made('li', null, spans(line.slice(2)))));
    }
    return made('p', null, spans(lines.join(' ')));
  });
}

/** What a reference leads to, in the document. */
function resolved(api, item) {
  if (!item?.$ref) return item ?? {};
  return item.$ref.slice(2).split('/').reduce((at, key) => at?.[key], api) ?? {};
}

/** A type in short, with links to what has a name. */
function kind(api, schema) {
  if (!schema) return ['any'];
  if (schema.$ref) {
    const name = schema.$ref.split('/').pop();
    return [made('a', { href: `#schema-${name}` }, name)];
  }
  const several = schema.oneOf ?? schema.anyOf ?? schema.allOf;
  if (several) {
    return several.flatMap((part, index) => [index ? (schema.allOf ? ' and ' : ' or ') : null, ...kind(api, part)])
      .filter((part) => part !== null);
  }
  if (schema.enum) return [schema.enum.map((value) => JSON.stringify(value)).join(' | ')];
  const types = [schema.type ?? 'any'].flat();
  if (types.includes('array')) {
    return ['list of ', ...kind(api, schema.items), types.includes('null') ? ' or null' : ''];
  }
  return [types.join(' or ') + (schema.format ? ` (${schema.format})` : '')];
}

/** What a value may be beside its type. */
function bounds(schema) {
  const said = [
    ['minimum', 'at least'], ['maximum', 'at most'], ['minLength', 'characters at least'],
    ['maxLength', 'characters at most'], ['default', 'unless given'],
  ].filter(([key]) => schema?.[key] !== undefined).map(([key, words]) => `${words} ${JSON.stringify(schema[key])}`);
  return said.length ? `; ${said.join(', ')}` : '';
}

/** A table of the fields of an object, or a line for anything else. */
function fields(api, schema) {
  const parts = schema.allOf ?? (schema.properties ? [schema] : []);
  const rows = parts.flatMap((part) => {
    const own = resolved(api, part);
    return Object.entries(own.properties ?? {}).map(([name, field]) =>
      made('tr', null,
        made('td', null, made('code', null, name), (own.required ?? []).includes(name) ? '' : made('span', { class: 'soft' }, ' may be absent')),
        made('td', null, kind(api, field), bounds(field)),
        made('td', null, prose(field.description ?? resolved(api, field).description))));
  });
  if (!rows.length) return made('p', null, kind(api, schema), bounds(schema));
  const heads = ['Field', 'Type', 'Meaning'].map((text) => made('th', null, text));
  return made('div', { class: 'wide', tabindex: '0' },
    made('table', null, made('thead', null, made('tr', null, heads)), made('tbody', null, rows)));
}

/** An example of a schema, made of its examples and bounds. */
function example(api, schema, depth = 0) {
  if (!schema || depth > 6) return null;
  if (schema.example !== undefined) return schema.example;
  if (schema.examples?.length) return schema.examples[0];
  if (schema.$ref) return example(api, resolved(api, schema), depth + 1);
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => example(api, part, depth + 1)));
  const some = (schema.oneOf ?? schema.anyOf)?.find((part) => part.type !== 'null');
  if (some) return example(api, some, depth + 1);
  if (schema.enum) return schema.enum[0];
  const type = [schema.type].flat().find((name) => name !== 'null');
  if (type === 'array') return [example(api, schema.items, depth + 1)];
  if (type === 'object') {
    const required = schema.required ?? [];
    return Object.fromEntries(Object.entries(schema.properties ?? {}).filter(([name]) => required.includes(name))
      .map(([name, field]) => [name, example(api, field, depth + 1)]));
  }
  return { string: '', integer: schema.minimum ?? 0, number: schema.minimum ?? 0, boolean: false }[type] ?? null;
}
