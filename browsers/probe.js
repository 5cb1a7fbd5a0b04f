// What a site can read about us. Runs in page, frames and workers alike; `probe.py` serves it.

const HINTS = ["architecture", "bitness", "fullVersionList", "model", "platformVersion"];

async function tell() {
  const n = self.navigator, dates = Intl.DateTimeFormat().resolvedOptions();
  const hints = n.userAgentData;
  return {
    userAgent: n.userAgent, appVersion: n.appVersion, platform: n.platform,
    language: n.language, languages: [...n.languages],
    cores: n.hardwareConcurrency, memory: n.deviceMemory,
    locale: dates.locale, zone: dates.timeZone,
    offset: new Date(2026, 0, 1).getTimezoneOffset(),
    brands: hints?.brands, mobile: hints?.mobile, os: hints?.platform,
    hints: await hints?.getHighEntropyValues(HINTS),
    queried: (await n.permissions.query({name: "notifications"})).state,
    granted: self.Notification?.permission,
    gl: gl(), errors: Object.getOwnPropertyDescriptor(Error.prototype, "name").configurable,
    patched: patched(),
  };
}

function gl() {
  const canvas = self.OffscreenCanvas ? new OffscreenCanvas(1, 1) : document.createElement("canvas");
  const context = canvas.getContext("webgl");
  const names = context?.getExtension("WEBGL_debug_renderer_info");
  return names && [names.UNMASKED_VENDOR_WEBGL, names.UNMASKED_RENDERER_WEBGL]
    .map(name => context.getParameter(name));
}

// Properties of the engine's own objects that are not the engine's own code any more.
function patched() {
  const found = [];
  const owners = [
    "Navigator", "WorkerNavigator", "NavigatorUAData", "Permissions", "PluginArray", "Screen",
    "HTMLMediaElement", "HTMLDivElement", "HTMLElement", "HTMLIFrameElement", "Document",
    "WebGLRenderingContext", "WebGL2RenderingContext", "Function", "Error",
  ];
  for (const owner of owners.filter(name => self[name]))
    for (const [name, told] of Object.entries(Object.getOwnPropertyDescriptors(self[owner].prototype)))
      for (const code of [told.get, told.set, told.value].filter(code => typeof code == "function"))
        if (!isNative(code, name)) found.push(`${owner}.${name}`);
  for (const name of Object.getOwnPropertyNames(self.navigator)) found.push(`navigator.${name}`);
  // Natively an error of toString is thrown right here; a stand-in for it is one frame further away.
  try { Function.prototype.toString.call(Object.create(null)); } catch (error) {
    if (/\.apply\b|Proxy|Reflect/.test(error.stack)) found.push("Function.toString");
  }
  for (const [name, code] of Object.entries(self.chrome ?? {}))
    if (typeof code == "object")
      for (const [inner, deep] of Object.entries(code))
        if (typeof deep == "function" && !isNative(deep, inner)) found.push(`chrome.${name}.${inner}`);
  return [...new Set(found)].sort();
}

function isNative(code, name) {
  if (name == "constructor") name = code.name;
  const text = Function.prototype.toString.call(code);
  return text.endsWith("{ [native code] }") && text.includes(name.replace(/^Symbol.*/, ""));
}

// What only a page has.
function look() {
  const css = (name, value) => matchMedia(`(${name}: ${value}px)`).matches;
  return {
    webdriver: navigator.webdriver,
    screen: [screen.width, screen.height], available: [screen.availWidth, screen.availHeight],
    outer: [outerWidth, outerHeight], inner: [innerWidth, innerHeight],
    fits: css("device-width", screen.width) && css("width", innerWidth),
    ratio: devicePixelRatio, depth: [screen.colorDepth, screen.pixelDepth],
    vendor: navigator.vendor, chrome: Object.keys(self.chrome ?? {}).sort(),
    plugins: [...navigator.plugins].map(plugin => plugin.name),
    types: [...navigator.mimeTypes].map(type => type.type), pdf: navigator.pdfViewerEnabled,
    plays: codecs(type => document.createElement("video").canPlayType(type) != ""),
    streams: codecs(type => MediaSource.isTypeSupported(type)),
    globals: Object.getOwnPropertyNames(self),
  };
}

function codecs(can) {
  return ['video/mp4; codecs="avc1.42E01E"', 'video/webm; codecs="vp9"', "audio/aac"].filter(can);
}
