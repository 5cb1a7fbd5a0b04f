/* Draws the results of a search and turns its pages. */
(function (w) {
  var app = document.getElementById("app"), page = 1, busy = false, query = w.searchUtil.query();
  page = Number(query.beginPage) || 1;
  function node(kind, name, text) {
    var made = document.createElement(kind);
    made.className = name;
    if (text !== undefined) made.textContent = text;
    return made;
  }
  function card(item) {
    var box = node("a", "offer-item"), shown = item.data;
    box.href = shown.linkUrl || "#";
    box.target = "_blank";
    box.appendChild(node("div", "title", (shown.title || "").replace(/<[^>]*>/g, "")));
    box.appendChild(node("div", "price", shown.priceInfo ? "¥" + shown.priceInfo.price : ""));
    if (shown.impressionEurl) new Image().src = shown.impressionEurl; /* as the site counts ads */
    return box;
  }
  function ad(name) {
    var box = node("a", name, "广告");
    box.href = "https://detailp4p.1688.com/buyer/offerdetail/1.html?" + name;
    box.target = "_top";
    return box;
  }
  function pager(last) {
    var box = node("div", "fui-paging");
    box.appendChild(ad("beside"));
    box.appendChild(node("span", "fui-arrow fui-prev" + (page > 1 ? "" : " fui-prev-disabled"), "‹"));
    box.appendChild(node("span", "fui-current", page));
    var next = node("span", "fui-arrow fui-next" + (last ? " fui-next-disabled" : ""));
    next.appendChild(node("i", "icon", "›"));
    next.onclick = function () { if (!last && !busy) load(page + 1); };
    box.appendChild(next);
    box.appendChild(ad("beside"));
    return box;
  }
  function draw(answer) {
    var offers = (((answer || {}).data || {}).OFFER || {}), list = node("div", "list");
    var items = offers.items || [], last = page >= Math.ceil((offers.found || 0) / w.searchUtil.pageSize);
    w.data.offerV2Showed = { offerList: items };
    items.forEach(function (item) { list.appendChild(card(item)); });
    app.textContent = "";
    app.appendChild(list);
    if (offers.found > w.searchUtil.pageSize) app.appendChild(pager(last));
    app.appendChild(node("div", "footer", "阿里巴巴"));
    if (!offers.found) w.data.offerresultData = { emptyOfferType: 1 };
    w.updatePageTitle();
    w.scrollTo(0, 0);
  }
  function load(number) {
    busy = true;
    w.searchUtil.fetchSearchData({ beginPage: number, pageSize: w.searchUtil.pageSize, method: "getOfferList" }, function (answer) {
      setTimeout(function () { page = number; busy = false; draw(answer); }, 30); /* React draws later */
    });
  }
  document.body.appendChild(ad("bar"));
  if (w.data.offerV2) draw(w.data.offerV2.response);
  else w.addEventListener("search:firstDataReady:offerV2", function (event) { draw(event.detail.response); });
})(window);
