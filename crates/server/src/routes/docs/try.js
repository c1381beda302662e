'use strict';

/** The most of an answer that is shown. */
const SHOWN = 200_000;

/** One field of the form for a parameter. */
function control(api, parameter) {
  const schema = resolved(api, parameter.schema);
  const choices = schema.enum ?? ([schema.type].flat().includes('boolean') ? ['true', 'false'] : null);
  const attributes = { name: parameter.name, 'data-in': parameter.in, required: parameter.required };
  const field = choices
    ? made('select', attributes, made('option', { value: '' }, ''), choices.map((choice) => made('option', null, String(choice))))
    : made('input', { ...attributes, autocomplete: 'off', spellcheck: 'false', placeholder: [schema.type].flat().join(' or ') });
  return made('label', null, made('span', null, made('code', null, parameter.name), parameter.required ? ' (needed)' : ''), field);
}

/** The fields of the form for a body, and what makes the body of them. */
function bodyControls(api, body) {
  const content = resolved(api, body).content ?? {};
  const types = Object.keys(content);
  if (types.includes('application/json')) {
    const text = JSON.stringify(example(api, content['application/json'].schema) ?? {}, null, 2);
    const area = made('textarea', { name: 'body', spellcheck: 'false' }, text);
    return {
      elements: [made('label', null, 'Body', area)],
      make: () => ({ headers: { 'Content-Type': 'application/json' }, body: area.value, curl: [`-d ${quoted(area.value)}`] }),
    };
  }
  if (types.includes('multipart/form-data')) {
    const properties = resolved(api, content['multipart/form-data'].schema).properties ?? {};
    const isFile = (field) => {
      const own = resolved(api, field.type === 'array' || [field.type].flat().includes('array') ? field.items : field);
      return own.format === 'binary' || own.contentMediaType !== undefined || own.contentEncoding !== undefined;
    };
    const inputs = Object.entries(properties).map(([name, field]) =>
      made('input', { name, type: isFile(field) ? 'file' : 'text', multiple: [field.type].flat().includes('array') }));
    return {
      elements: inputs.map((input) => made('label', null, made('code', null, input.name), input)),
      make: () => {
        const form = new FormData();
        const curl = [];
        for (const input of inputs) {
          for (const file of input.files ?? []) {
            form.append(input.name, file);
            curl.push(`-F ${quoted(`${input.name}=@${file.name}`)}`);
          }
          if (!input.files && input.value) {
            form.append(input.name, input.value);
            curl.push(`-F ${quoted(`${input.name}=${input.value}`)}`);
          }
        }
        return { headers: {}, body: form, curl };
      },
    };
  }
  if (!types.length) return { elements: [], make: () => ({ headers: {}, body: undefined, curl: [] }) };
  const file = made('input', { type: 'file', name: 'body' });
  return {
    elements: [made('label', null, `Body (${types[0]})`, file)],
    make: () => ({ headers: { 'Content-Type': types[0] }, body: file.files[0], curl: [`--data-binary ${quoted(`@${file.files[0]?.name ?? 'FILE'}`)}`] }),
  };
}

/** A word as a shell takes it. */
function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Address, headers and body that the form stands for. */
function request(form, path, parts) {
  const query = new URLSearchParams();
  const made = parts.make();
  const headers = { ...made.headers };
  for (const field of form.querySelectorAll('[data-in]')) {
    if (!field.value) continue;
    if (field.dataset.in === 'path') path = path.replace(`{${field.name}}`, encodeURIComponent(field.value));
    if (field.dataset.in === 'query') query.append(field.name, field.value);
    if (field.dataset.in === 'header') headers[field.name] = field.value;
  }
  const key = document.getElementById('key').value.trim();
  if (key) headers.Authorization = `Bearer ${key}`;
  const text = query.toString();
  return { url: text ? `${path}?${text}` : path, headers, body: made.body, curl: made.curl };
}

/** Shows an answer as it comes. */
async function show(answer, output, started) {
  const type = answer.headers.get('content-type') ?? '';
  const took = Math.round(performance.now() - started);
  output.replaceChildren(made('p', null, made('strong', null, `${answer.status} ${answer.statusText}`), ` after ${took} ms, ${type || 'no body'}`));
  if (!/json|text/.test(type)) {
    const blob = await answer.blob();
    if (blob.size) output.append(made('a', { href: URL.createObjectURL(blob), download: 'answer' }, `Save ${blob.size} bytes`));
    return;
  }
  const pre = made('pre', { tabindex: '0' });
  output.append(pre);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    text += value;
    pre.textContent = text.slice(0, SHOWN);
  }
  if (/json/.test(type)) {
    try {
      pre.textContent = JSON.stringify(JSON.parse(text), null, 2).slice(0, SHOWN);
    } catch {
      // Shown as it came.
    }
  }
}

/** The form that sends one operation. */
function tryForm(api, method, path, operation) {
  const parts = bodyControls(api, operation.requestBody);
  const output = made('div', { 'aria-live': 'polite' });
  const curl = made('pre', { tabindex: '0', 'aria-label': 'The same with curl' });
  const send = made('button', { type: 'submit' }, 'Send');
  const stop = made('button', { type: 'button', disabled: true }, 'Stop');
  const form = made('form', null,
    (operation.parameters ?? []).map((parameter) => control(api, resolved(api, parameter))),
    parts.elements, made('div', { class: 'buttons' }, send, stop));
  const told = () => {
    const { url, headers, curl: rest } = request(form, path, parts);
    const words = [`curl -X ${method.toUpperCase()} ${quoted(location.origin + url)}`];
    if (headers.Authorization) headers.Authorization = 'Bearer …';
    for (const [name, value] of Object.entries(headers)) words.push(`-H ${quoted(`${name}: ${value}`)}`);
    curl.textContent = [...words, ...rest].join(' \\\n  ');
  };
  form.addEventListener('input', told);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    told();
    const { url, headers, body } = request(form, path, parts);
    const stopping = new AbortController();
    stop.onclick = () => stopping.abort();
    send.disabled = true;
    stop.disabled = false;
    const started = performance.now();
    try {
      const answer = await fetch(url, { method: method.toUpperCase(), headers, body, signal: stopping.signal });
      await show(answer, output, started);
    } catch (error) {
      output.append(made('p', null, stopping.signal.aborted ? 'Stopped.' : `The request failed: ${error.message}`));
    }
    send.disabled = false;
    stop.disabled = true;
  });
  told();
  return [form, curl, output];
}
