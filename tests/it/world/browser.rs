//! A browser: headless Chromium, driven by fields, links and buttons as a person would. Screenshots of the pages at
//! phone and desktop width are saved in `target/screenshots`.

use std::{
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::json;
use thirtyfour::{
    By, ChromeCapabilities, ChromiumLikeCapabilities, DesiredCapabilities, WebDriver, WebElement,
};

use super::World;

/// Whether pages may run scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scripts {
    Run,
    Blocked,
}

/// A browser on the world's service.
pub struct Browser {
    driver: WebDriver,
    base: String,
    screenshots: PathBuf,
    scripts: Scripts,
    _chromedriver: Process,
}

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The timeout for a page.
const TIMEOUT: Duration = Duration::from_secs(20);

impl Browser {
    /// Opens a browser.
    pub async fn open(world: &World, scripts: Scripts) -> Self {
        let (chromedriver, port) = start_driver();
        let driver = until_driver_answers(port, scripts).await;
        driver
            .goto("data:text/html,<title>blocked</title><script>document.title = 'run'</script>")
            .await
            .unwrap();
        assert_eq!(driver.title().await.unwrap(), format!("{scripts:?}").to_lowercase());
        let folder = format!("target/screenshots/{scripts:?}").to_lowercase();
        let screenshots = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder);
        std::fs::create_dir_all(&screenshots).unwrap();
        let base = format!("http://{}", world.address());
        Self { driver, base, screenshots, scripts, _chromedriver: chromedriver }
    }

    /// Closes it.
    pub async fn close(self) {
        self.driver.quit().await.unwrap();
    }

    /// Opens a path of the service, or a full address.
    pub async fn go(&self, path: &str) {
        let address = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) };
        self.driver.goto(&address).await.unwrap();
    }

    /// The current path.
    pub async fn path(&self) -> String {
        self.driver.current_url().await.unwrap().path().to_owned()
    }

    /// The page's text.
    pub async fn text(&self) -> String {
        self.find("main").await.text().await.unwrap()
    }

    /// The one element that a CSS selector names.
    pub async fn find(&self, selector: &str) -> WebElement {
        match self.driver.find(By::Css(selector)).await {
            Ok(element) => element,
            Err(_) => panic!("no {selector} on {}:\n{}", self.path().await, self.text_or_nothing().await),
        }
    }

    async fn text_or_nothing(&self) -> String {
        match self.driver.find(By::Css("main")).await {
            Ok(main) => main.text().await.unwrap_or_default(),
            Err(_) => self.driver.source().await.unwrap_or_default(),
        }
    }

    /// Types into the field with this name, selects the radio button with this value, or selects the option.
    pub async fn fill(&self, name: &str, value: &str) {
        let field = self.find(&format!("main [name=\"{name}\"]")).await;
        let kind = field.attr("type").await.unwrap().unwrap_or_default();
        match (field.tag_name().await.unwrap().as_str(), kind.as_str()) {
            ("select", _) => {
                self.find(&format!("main [name=\"{name}\"] option[value=\"{value}\"]"))
                    .await
                    .click()
                    .await
                    .unwrap();
            }
            (_, "radio" | "checkbox") => {
                self.find(&format!("main [name=\"{name}\"][value=\"{value}\"]")).await.click().await.unwrap();
            }
            (_, "date") => {
                // Chromium's English date field takes month, day and year from the keyboard.
                let parts: Vec<&str> = value.split('-').collect();
                field.send_keys(format!("{}{}{}", parts[1], parts[2], parts[0])).await.unwrap();
            }
            (_, "file") => field.send_keys(value).await.unwrap(),
            _ => {
                field.clear().await.unwrap();
                field.send_keys(value).await.unwrap();
            }
        }
    }

    /// Fills several fields.
    pub async fn fill_all(&self, fields: &[(&str, &str)]) {
        for (name, value) in fields {
            self.fill(name, value).await;
        }
    }

    /// Clicks the button or link that a selector names, and waits for the next page.
    pub async fn click(&self, selector: &str) {
        let before = self.find("html").await;
        let target = self.find(selector).await;
        target.scroll_into_view().await.unwrap();
        target.click().await.unwrap();
        let deadline = Instant::now() + TIMEOUT;
        while before.is_present().await.unwrap_or_default()
            || self.driver.find(By::Css("main")).await.is_err()
        {
            assert!(Instant::now() < deadline, "{selector} opened no page from {}", self.path().await);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Opens the `<details>` around an element.
    pub async fn open_details(&self, selector: &str) {
        let element = self.find(selector).await;
        if !element.is_displayed().await.unwrap() {
            let summary = element.find(By::XPath("ancestor::details/summary")).await.unwrap();
            summary.scroll_into_view().await.unwrap();
            summary.click().await.unwrap();
        }
    }

    /// Signs in.
    pub async fn sign_in(&self, email: &str, password: &str) {
        self.driver.delete_all_cookies().await.unwrap();
        self.go("/sign-in").await;
        self.fill_all(&[("email", email), ("password", password)]).await;
        self.click("main form button").await;
    }

    /// Takes screenshots at phone and desktop width. Fails if the page is wider than the phone.
    pub async fn screenshot(&self, name: &str) {
        let tools = self.driver.cdp();
        for width in [1280, 360] {
            let metrics =
                json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500 });
            tools.send_raw("Emulation.setDeviceMetricsOverride", metrics).await.unwrap();
            let layout = tools.send_raw("Page.getLayoutMetrics", json!({})).await.unwrap();
            let size = &layout["cssContentSize"];
            let needed = size["width"].as_f64().unwrap();
            assert!(needed <= f64::from(width), "{name} is {needed} wide on a screen of {width}");
            let clip = json!({ "x": 0, "y": 0, "width": width, "height": size["height"], "scale": 1 });
            let parameters = json!({ "captureBeyondViewport": true, "clip": clip });
            let screenshot = tools.send_raw("Page.captureScreenshot", parameters).await.unwrap();
            let bytes = base64::Engine::decode(
                &base64::prelude::BASE64_STANDARD,
                screenshot["data"].as_str().unwrap(),
            );
            std::fs::write(self.screenshots.join(format!("{name}-{width}.png")), bytes.unwrap()).unwrap();
        }
        tools.send_raw("Emulation.clearDeviceMetricsOverride", json!({})).await.unwrap();
        if self.scripts == Scripts::Blocked {
            self.block_scripts().await;
        }
    }

    async fn block_scripts(&self) {
        let tools = self.driver.cdp();
        tools.send_raw("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await.unwrap();
    }
}

fn start_driver() -> (Process, u16) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let child = Command::new("chromedriver")
        .arg(format!("--port={port}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|e| panic!("chromedriver cannot be started ({e}); ./test installs it"));
    (Process(child), port)
}

async fn until_driver_answers(port: u16, scripts: Scripts) -> WebDriver {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        match WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities(scripts)).await {
            Ok(driver) => return driver,
            Err(error) => assert!(Instant::now() < deadline, "the browser does not start: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn capabilities(scripts: Scripts) -> ChromeCapabilities {
    let mut capabilities = DesiredCapabilities::chrome();
    for argument in [
        "--headless=new",
        // Chromium's sandbox needs rights that a container rarely has. It only opens our own pages.
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--lang=en-US",
        "--window-size=1280,1000",
    ] {
        capabilities.add_arg(argument).unwrap();
    }
    if scripts == Scripts::Blocked {
        let preferences = json!({ "profile.managed_default_content_settings.javascript": 2 });
        capabilities.add_experimental_option("prefs", preferences).unwrap();
    }
    capabilities
}
