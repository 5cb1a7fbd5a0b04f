/* window.lib.mtop: signs and sends a page's calls to the gateway, renews its token by itself. */
(function (w) {
  var lib = w.lib || (w.lib = {}), calls = 0;
  function token() {
    var found = document.cookie.match(/(?:^|; )_m_h5_tk=([^;_]+)/);
    return found ? found[1] : "";
  }
  function sign(text) {
    var parts = [0x811c9dc5, 0x01000193, 0x9e3779b9, 0x85ebca6b].map(function (seed) {
      var sum = seed;
      for (var i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 16777619);
      return ("0000000" + (sum >>> 0).toString(16)).slice(-8);
    });
    return parts.join("");
  }
  function encode(fields) {
    return Object.keys(fields).map(function (key) {
      return key + "=" + encodeURIComponent(fields[key]);
    }).join("&");
  }
  function asText(data) {
    return typeof data === "string" ? data : JSON.stringify(data || {});
  }
  function send(options, done, failed, left) {
    var data = asText(options.data), t = Date.now(), post = /^post$/i.test(options.type || "");
    var query = { jsv: "2.7.2", appKey: "12574478", t: t, api: options.api, v: options.v };
    query.sign = sign([token(), t, query.appKey, data].join("&"));
    query.type = post ? "originaljson" : "jsonp";
    query.dataType = query.type;
    var url = "https://h5api.m.1688.com/h5/" + options.api.toLowerCase() + "/" + options.v + "/?";
    function answered(answer) {
      var ret = String(answer.ret);
      if (/FAIL_SYS_TOKEN_/.test(ret) && left > 0) return send(options, done, failed, left - 1);
      if (/RGV587_ERROR/.test(ret)) return; /* after a block nobody is called back */
      (/^SUCCESS/.test(ret) ? done : failed)(answer);
    }
    if (post) {
      var call = new XMLHttpRequest();
      call.open("POST", url + encode(query));
      call.withCredentials = true;
      call.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
      call.onload = function () { try { answered(JSON.parse(call.responseText)); } catch (e) { failed(e); } };
      call.onerror = failed;
      call.send("data=" + encodeURIComponent(data));
      return;
    }
    var name = "mtopjsonp" + (options.jsonpIncPrefix || "") + ++calls, node = document.createElement("script");
    w[name] = function (answer) { delete w[name]; answered(answer); };
    query.callback = name;
    query.data = data;
    node.src = url + encode(query);
    node.onerror = failed;
    node.onload = function () { node.remove(); };
    document.head.appendChild(node);
  }
  lib.mtop = {
    config: {},
    request: function (options, done, failed) {
      return new Promise(function (kept, broken) {
        send(options, function (answer) { (done || kept)(answer); }, function (why) {
          if (failed) failed(why); else broken(why);
        }, 2);
      });
    }
  };
})(window);
