(function () {
  "use strict";
  var root = document.documentElement;
  var toggle = document.getElementById("theme");
  var system = window.matchMedia ? window.matchMedia("(prefers-color-scheme: dark)") : { matches: false };
  function dark() {
    return root.dataset.theme ? root.dataset.theme === "dark" : system.matches;
  }
  function tell() {
    toggle.textContent = dark() ? "Light" : "Dark";
  }
  try {
    var kept = localStorage.getItem("dapple-theme");
    if (kept) { root.dataset.theme = kept; }
  } catch (error) { /* files opened from disk may have no storage */ }
  toggle.hidden = false;
  tell();
  toggle.addEventListener("click", function () {
    root.dataset.theme = dark() ? "light" : "dark";
    try { localStorage.setItem("dapple-theme", root.dataset.theme); } catch (error) { /* as above */ }
    tell();
  });
  Array.prototype.forEach.call(document.querySelectorAll("button.copy"), function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      var source = document.getElementById(button.dataset.copy);
      function done() {
        var words = button.textContent;
        button.textContent = "Copied";
        setTimeout(function () { button.textContent = words; }, 1500);
      }
      function byHand() {
        source.hidden = false;
        source.select();
        document.execCommand("copy");
        source.hidden = true;
        done();
      }
      if (navigator.clipboard && navigator.clipboard.writeText) {
        navigator.clipboard.writeText(source.value).then(done, byHand);
      } else {
        byHand();
      }
    });
  });
})();
