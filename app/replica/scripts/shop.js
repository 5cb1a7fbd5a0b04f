/* Asks for the modules of a shop's list page and draws its offers, without links. */
(function (w) {
  var api = "mtop.alibaba.alisite.cbu.server.ModuleAsyncService", owner = w.g_config.memberId;
  function module(key, more, done) {
    var params = { memberId: owner, appdata: more };
    w.lib.mtop.request({ api: api, v: "1.0", type: "POST", data: { componentKey: key, params: JSON.stringify(params) } }, done, function () {});
  }
  function draw(answer) {
    var content = (answer.data || {}).content || {}, root = document.getElementById("root");
    (content.offerList || []).forEach(function (offer) {
      var box = document.createElement("div");
      box.innerHTML = '<img class="main-picture"><p></p><span title="累计销量"></span>';
      box.children[1].textContent = box.children[1].title = offer.subject;
      root.appendChild(box);
    });
  }
  module("wp_pc_common_topnav", {}, function () {});
  module("wp_pc_common_header", {}, function () {});
  w.lib.mtop.request({ api: "mtop.alisite.cbu.winport.sync.moduledata.get", v: "1.0", data: { componentKey: "wp_pc_auto_offer_big", params: JSON.stringify({ memberId: owner, appdata: { source: "index", count: "20" } }) } }, function () {}, function () {});
  module("Wp_pc_common_offerlist", {
    sortType: "wangpu_score", sellerRecommendFilter: false, mixFilter: false, tradenumFilter: false,
    quantityBegin: null, pageNum: 1, count: 30
  }, draw);
})(window);
